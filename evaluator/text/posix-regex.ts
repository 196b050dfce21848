/**
 * Regular expressions of `builtins.match` and `builtins.split`: POSIX extended syntax over byte strings, with the results of
 * C++ Nix, that is of libstdc++ (see posix-regex-machine.ts for how it differs from JavaScript).
 *
 * A pattern is parsed by our own parser. Where analysis shows that JavaScript's engine gives the same answer it runs the
 * pattern translated (nearly always: no nullable loop bodies, no captures that an iteration may skip, and for `split` no
 * ambiguous alternatives); else, and when that engine gives up on a long text, the automaton of our own runs.
 */

import { RegexSyntaxError } from "./posix-bracket.ts";
import {
  buildProgram,
  type MatchOffsets,
  type RegexProgram,
  type RunOptions,
  runProgram,
} from "./posix-regex-machine.ts";
import { type ParsedRegex, parseRegex, RegexTooLargeError } from "./posix-regex-syntax.ts";
import { type RegexTraits, regexTraits, toJavaScriptSource } from "./posix-regex-translation.ts";

/** What a group captured; null when it took no part in the match. */
export type Capture = string | null;

export interface PosixRegex {
  /** Captures when the whole text matches, else null. */
  match(text: string): Capture[] | null;
  /** Unmatched text and captures of matches by turns, beginning and ending with unmatched text. */
  split(text: string): (string | Capture[])[];
}

/** The pattern is invalid or its automaton too large. The message is ready for the user. */
export class PosixRegexError extends Error {
  override readonly name: string = "PosixRegexError";
}

const CACHE_LIMIT = 1000;
const cache = new Map<string, PosixRegex>();

/**
 * Compiles a pattern, or takes it from a cache of the last 1000.
 * @throws PosixRegexError
 */
export function compileRegex(pattern: string): PosixRegex {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const regex = new CompiledRegex(
    pattern,
    withReason(pattern, () => parseRegex(pattern)),
  );
  if (cache.size >= CACHE_LIMIT) for (const oldest of cache.keys()) if (cache.delete(oldest)) break;
  cache.set(pattern, regex);
  return regex;
}

function withReason<T>(pattern: string, attempt: () => T): T {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof RegexTooLargeError) {
      throw new PosixRegexError(`memory limit exceeded by regular expression '${pattern}'`, { cause: error });
    }
    if (!(error instanceof RegexSyntaxError)) throw error;
    throw new PosixRegexError(`invalid regular expression '${pattern}': ${error.message}`, { cause: error });
  }
}

class CompiledRegex implements PosixRegex {
  readonly #pattern: string;
  readonly #parsed: ParsedRegex;
  readonly #traits: RegexTraits;
  /** Null once known to be of no use. */
  #wholeEngine: RegExp | null;
  #searchEngine: RegExp | null;
  #program: RegexProgram | null = null;

  constructor(pattern: string, parsed: ParsedRegex) {
    this.#pattern = pattern;
    this.#parsed = parsed;
    this.#traits = regexTraits(parsed.root);
    const source = this.#traits.sameWhole ? toJavaScriptSource(parsed.root) : "";
    this.#wholeEngine = this.#traits.sameWhole ? tryRegExp(`^(?:${source})$`, "") : null;
    this.#searchEngine = this.#traits.sameSearch ? tryRegExp(source, "g") : null;
  }

  match(text: string): Capture[] | null {
    if (this.#wholeEngine !== null) {
      try {
        const found = this.#wholeEngine.exec(text);
        return found === null ? null : captureList(found);
      } catch {
        // The engine's own limits: its stack, or the size of its code.
        this.#wholeEngine = null;
      }
    }
    const offsets = this.#run(text, 0, { whole: true, atTextBegin: true, notEmpty: false });
    return offsets === null ? null : this.#captures(text, offsets);
  }

  split(text: string): (string | Capture[])[] {
    if (this.#searchEngine !== null) {
      try {
        return splitWithEngine(this.#searchEngine, text);
      } catch {
        this.#searchEngine = null;
      }
    }
    return this.#splitWithProgram(text);
  }

  #splitWithProgram(text: string): (string | Capture[])[] {
    const parts: (string | Capture[])[] = [];
    let rest = 0;
    let found = this.#search(text, 0, true);
    while (found !== null) {
      const begin = found[0] ?? 0;
      const end = found[1] ?? 0;
      parts.push(text.slice(rest, begin), this.#captures(text, found));
      rest = end;
      found = begin === end ? this.#searchAfterEmpty(text, end) : this.#search(text, end, false);
    }
    parts.push(text.slice(rest));
    return parts;
  }

  /** After an empty match: a match of more at the same place, else one that begins further on. */
  #searchAfterEmpty(text: string, at: number): MatchOffsets | null {
    if (at === text.length) return null;
    const here = this.#run(text, at, { whole: false, atTextBegin: at === 0, notEmpty: true });
    return here ?? this.#search(text, at + 1, false);
  }

  #search(text: string, from: number, atTextBegin: boolean): MatchOffsets | null {
    const { nullable, first } = this.#traits;
    for (let begin = from; begin <= text.length; begin++) {
      if (!nullable && first[text.charCodeAt(begin)] !== 1) continue;
      const options = { whole: false, atTextBegin: atTextBegin && begin === from, notEmpty: false };
      const found = this.#run(text, begin, options);
      if (found !== null) return found;
    }
    return null;
  }

  #run(text: string, begin: number, options: RunOptions): MatchOffsets | null {
    this.#program ??= buildProgram(this.#parsed);
    const program = this.#program;
    return withReason(this.#pattern, () => runProgram(program, text, begin, options));
  }

  #captures(text: string, offsets: MatchOffsets): Capture[] {
    const captures: Capture[] = [];
    for (let slot = 2; slot < offsets.length; slot += 2) {
      const end = offsets[slot + 1] ?? -1;
      captures.push(end < 0 ? null : text.slice(offsets[slot] ?? 0, end));
    }
    return captures;
  }
}

/** Null when the pattern is beyond the engine's limits. */
function tryRegExp(source: string, flags: string): RegExp | null {
  try {
    return new RegExp(source, flags);
  } catch {
    return null;
  }
}

function splitWithEngine(engine: RegExp, text: string): (string | Capture[])[] {
  const parts: (string | Capture[])[] = [];
  let rest = 0;
  engine.lastIndex = 0;
  for (let found = engine.exec(text); found !== null; found = engine.exec(text)) {
    parts.push(text.slice(rest, found.index), captureList(found));
    rest = engine.lastIndex;
  }
  parts.push(text.slice(rest));
  return parts;
}

function captureList(found: RegExpExecArray): Capture[] {
  const captures: Capture[] = [];
  for (let group = 1; group < found.length; group++) captures.push((found[group] as string | undefined) ?? null);
  return captures;
}
