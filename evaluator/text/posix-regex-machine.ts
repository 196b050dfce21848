/**
 * Backtracking automaton with the order of exploration and the capture rules of libstdc++'s executor for POSIX syntax.
 *
 * Rules that JavaScript's engine does not share: of the alternatives of `|` that lead to a match the one with the longest
 * overall end wins, the first at equal length (a loop, though, stops at its first success); a loop whose body matched nothing
 * is entered a second time at the same place; captures of earlier iterations are kept. The stack is an array: depth grows with
 * the text, never the JavaScript stack.
 */

import type { ByteSet } from "./posix-bracket.ts";
import { type ParsedRegex, type RegexNode, RegexTooLargeError } from "./posix-regex-syntax.ts";

const SET = 0;
const BEGIN = 1;
const END = 2;
const OPEN = 3;
const CLOSE = 4;
const CHOICE = 5;
const REPEAT = 6;
const ACCEPT = 7;

/** States as parallel arrays; `other` is the first choice of CHOICE and the body of REPEAT. */
export interface RegexProgram {
  readonly groupCount: number;
  readonly start: number;
  readonly op: number[];
  readonly next: number[];
  readonly other: number[];
  /** Set of SET, else empty. */
  readonly sets: (ByteSet | null)[];
}

export interface RunOptions {
  /** The match must end at the end of the text; else the preferred prefix is taken. */
  readonly whole: boolean;
  /** `^` matches at `begin`. */
  readonly atTextBegin: boolean;
  /** An empty match at `begin` does not count. */
  readonly notEmpty: boolean;
}

/** Offsets: `[begin, end, begin of group 1, end of group 1, ..]`; -1 for a group that took no part. */
export type MatchOffsets = Int32Array;

export function buildProgram({ root, groupCount }: ParsedRegex): RegexProgram {
  const program = { groupCount, op: [ACCEPT], next: [0], other: [0], sets: [null] };
  return { ...program, start: emit(program, root, 0) };
}

type Draft = Pick<RegexProgram, "op" | "next" | "other" | "sets">;

function addState(draft: Draft, op: number, next: number, other: number, set: ByteSet | null = null): number {
  draft.next.push(next);
  draft.other.push(other);
  draft.sets.push(set);
  return draft.op.push(op) - 1;
}

/** Emits a node that goes on to `next`; returns its first state. */
function emit(draft: Draft, node: RegexNode, next: number): number {
  switch (node.kind) {
    case "set":
      return addState(draft, SET, next, 0, node.set);
    case "text-begin":
      return addState(draft, BEGIN, next, 0);
    case "text-end":
      return addState(draft, END, next, 0);
    case "group":
      return addState(draft, OPEN, emit(draft, node.body, addState(draft, CLOSE, next, node.index)), node.index);
    case "sequence":
      return node.items.reduceRight((following, item) => emit(draft, item, following), next);
    case "choice":
      return emitChoice(draft, node.alternatives, next);
    case "plus":
      return emitLoop(draft, node.body, next).body;
    case "repeat":
      return emitRepeat(draft, node.body, node.min, node.max, next);
  }
}

function emitChoice(draft: Draft, alternatives: readonly RegexNode[], next: number): number {
  const starts = alternatives.map((alternative) => emit(draft, alternative, next));
  return starts.reduceRight((rest, first) => addState(draft, CHOICE, rest, first));
}

function emitLoop(draft: Draft, body: RegexNode, next: number): { readonly loop: number; readonly body: number } {
  const loop = addState(draft, REPEAT, next, 0);
  const start = emit(draft, body, loop);
  draft.other[loop] = start;
  return { loop, body: start };
}

function emitRepeat(draft: Draft, body: RegexNode, min: number, max: number | null, next: number): number {
  let start = next;
  if (max === null) start = emitLoop(draft, body, next).loop;
  else for (let n = min; n < max; n++) start = addState(draft, REPEAT, next, emit(draft, body, start));
  for (let n = 0; n < min; n++) start = emit(draft, body, start);
  return start;
}

/** Runs the program at `begin`; null when it does not match there. */
export function runProgram(
  program: RegexProgram,
  text: string,
  begin: number,
  options: RunOptions,
): MatchOffsets | null {
  return new Run(program, text, begin, options).run();
}

/** Kinds of frames on the stack; each frame is three numbers, its kind first. */
const RESTORE_CAPTURE = 0;
const TRY_OTHER = 1;
const JOIN = 2;
const AFTER_BODY = 3;

/** Frames of a text of some ten million characters; beyond, the pattern is refused as too large. */
const MAX_STACK = 1 << 28;

class IntStack {
  #items = new Int32Array(1 << 10);
  length = 0;

  push(a: number, b: number): void {
    if (this.length + 2 > this.#items.length) this.#grow();
    this.#items[this.length++] = a;
    this.#items[this.length++] = b;
  }

  pushFrame(kind: number, a: number, b: number): void {
    if (this.length + 3 > this.#items.length) this.#grow();
    this.#items[this.length++] = kind;
    this.#items[this.length++] = a;
    this.#items[this.length++] = b;
  }

  pop(): number {
    return this.#items[--this.length] ?? 0;
  }

  #grow(): void {
    if (this.length >= MAX_STACK) throw new RegexTooLargeError("The text is too long for this pattern");
    const larger = new Int32Array(this.#items.length * 2);
    larger.set(this.#items);
    this.#items = larger;
  }
}

class Run {
  readonly #program: RegexProgram;
  readonly #text: string;
  readonly #begin: number;
  readonly #options: RunOptions;
  readonly #captures: Int32Array;
  /** Per REPEAT state: where its body was last entered, and how often at that place. */
  readonly #enteredAt: Int32Array;
  readonly #entries: Int32Array;
  readonly #stack = new IntStack();
  #position: number;
  #found = false;
  #best: Int32Array | null = null;

  constructor(program: RegexProgram, text: string, begin: number, options: RunOptions) {
    this.#program = program;
    this.#text = text;
    this.#begin = begin;
    this.#options = options;
    this.#position = begin;
    this.#captures = new Int32Array(2 * (program.groupCount + 1)).fill(-1);
    this.#captures[0] = begin;
    this.#enteredAt = new Int32Array(program.op.length);
    this.#entries = new Int32Array(program.op.length);
  }

  run(): MatchOffsets | null {
    let state = this.#program.start;
    while (state >= 0) {
      if (this.#forward(state)) {
        if (this.#isFinal()) return this.#best;
        this.#found = true;
      }
      state = this.#unwind();
    }
    return this.#best;
  }

  /** No other path can be preferred to the one found. */
  #isFinal(): boolean {
    return this.#options.whole || this.#position === this.#text.length;
  }

  /** Follows first choices from `state` until acceptance (true) or a dead end (false). */
  #forward(start: number): boolean {
    const { op, next, other, sets } = this.#program;
    let state = start;
    for (;;) {
      const following = next[state] ?? 0;
      switch (op[state]) {
        case SET:
          if (sets[state]?.[this.#text.charCodeAt(this.#position)] !== 1) return false;
          this.#position++;
          state = following;
          break;
        case BEGIN:
          if (!this.#options.atTextBegin || this.#position !== this.#begin) return false;
          state = following;
          break;
        case END:
          if (this.#position !== this.#text.length) return false;
          state = following;
          break;
        case OPEN:
          this.#setCapture(2 * (other[state] ?? 0));
          state = following;
          break;
        case CLOSE:
          this.#setCapture(2 * (other[state] ?? 0) + 1);
          state = following;
          break;
        case CHOICE:
          this.#stack.pushFrame(TRY_OTHER, following, this.#position);
          state = other[state] ?? 0;
          break;
        case REPEAT:
          state = this.#enterBody(state) ? (other[state] ?? 0) : following;
          break;
        default:
          return this.#accept();
      }
    }
  }

  #setCapture(slot: number): void {
    this.#stack.pushFrame(RESTORE_CAPTURE, slot, this.#captures[slot] ?? -1);
    this.#captures[slot] = this.#position;
  }

  #enterBody(state: number): boolean {
    const entries = this.#entries[state] ?? 0;
    const enteredAt = this.#enteredAt[state] ?? 0;
    const same = entries !== 0 && enteredAt === this.#position;
    if (same && entries >= 2) return false;
    // The frame takes two more numbers than others; they lie under it.
    this.#stack.push(enteredAt, entries);
    this.#stack.pushFrame(AFTER_BODY, state, this.#position);
    this.#enteredAt[state] = this.#position;
    this.#entries[state] = same ? entries + 1 : 1;
    return true;
  }

  #accept(): boolean {
    const { whole, notEmpty } = this.#options;
    if (whole && this.#position !== this.#text.length) return false;
    if (notEmpty && this.#position === this.#begin) return false;
    if (this.#best === null || this.#position > (this.#best[1] ?? -1)) {
      this.#best = this.#captures.slice();
      this.#best[1] = this.#position;
    }
    return true;
  }

  /** Pops frames up to one with something left to try; returns the state to go on with, -1 when nothing is left. */
  #unwind(): number {
    const stack = this.#stack;
    while (stack.length > 0) {
      const b = stack.pop();
      const a = stack.pop();
      switch (stack.pop()) {
        case RESTORE_CAPTURE:
          this.#captures[a] = b;
          break;
        case TRY_OTHER:
          stack.pushFrame(JOIN, this.#found ? 1 : 0, 0);
          this.#found = false;
          this.#position = b;
          return a;
        case JOIN:
          if (a === 1) this.#found = true;
          break;
        default:
          this.#entries[a] = stack.pop();
          this.#enteredAt[a] = stack.pop();
          if (this.#found) break;
          this.#position = b;
          return this.#program.next[a] ?? 0;
      }
    }
    return -1;
  }
}
