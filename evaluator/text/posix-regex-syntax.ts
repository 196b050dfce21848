/**
 * Syntax of POSIX extended regular expressions as libstdc++ reads them: what C++ Nix accepts and rejects.
 *
 * Differences from textbook POSIX that programs depend on: `a|` and `()` are fine, `*a` and `^*` are errors, a backslash may
 * stand only before one of `.[\()*+?{|^$`, quantifiers may be stacked (`a+?` is an optional `a+`), `.` matches a newline.
 * A pattern is refused when its automaton in libstdc++ would have more than 100,000 states; states are counted as there.
 */

import { type ByteSet, parseBracket, RegexSyntaxError } from "./posix-bracket.ts";

export type RegexNode =
  | { readonly kind: "set"; readonly set: ByteSet }
  | { readonly kind: "text-begin" }
  | { readonly kind: "text-end" }
  | { readonly kind: "group"; readonly index: number; readonly body: RegexNode }
  | { readonly kind: "sequence"; readonly items: readonly RegexNode[] }
  | { readonly kind: "choice"; readonly alternatives: readonly RegexNode[] }
  /** `x+`: one body that is looped over; differs from `x{1,}`, which is a copy and a loop. */
  | { readonly kind: "plus"; readonly body: RegexNode }
  /** `max` null is without bound. */
  | { readonly kind: "repeat"; readonly body: RegexNode; readonly min: number; readonly max: number | null };

export interface ParsedRegex {
  readonly root: RegexNode;
  readonly groupCount: number;
}

/** The automaton would be too large; C++ Nix has an error message of its own for it. */
export class RegexTooLargeError extends Error {
  override readonly name: string = "RegexTooLargeError";
}

const MAX_STATES = 100_000;
const SPECIAL = ".[\\()*+?{|^$";

/** @throws RegexSyntaxError, RegexTooLargeError */
export function parseRegex(pattern: string): ParsedRegex {
  const parser = new RegexParser(pattern);
  const { node, states } = parser.parseChoice();
  if (parser.position < pattern.length) throw new RegexSyntaxError(`unexpected '${pattern[parser.position]}'`);
  checkSize(states + 3);
  return { root: node, groupCount: parser.groupCount };
}

/** A node with the number of states libstdc++ makes for it. */
interface Counted {
  readonly node: RegexNode;
  readonly states: number;
}

class RegexParser {
  readonly #pattern: string;
  position = 0;
  groupCount = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  parseChoice(): Counted {
    const first = this.#parseSequence();
    const alternatives = [first.node];
    let states = first.states;
    while (this.#take("|")) {
      const next = this.#parseSequence();
      alternatives.push(next.node);
      states += next.states + 2;
    }
    checkSize(states);
    return { node: makeChoice(alternatives), states };
  }

  #parseSequence(): Counted {
    const items: RegexNode[] = [];
    let states = 1;
    for (let term = this.#parseTerm(); term !== null; term = this.#parseTerm()) {
      items.push(term.node);
      states += term.states;
    }
    const [only] = items;
    return { node: items.length === 1 && only !== undefined ? only : { kind: "sequence", items }, states };
  }

  #parseTerm(): Counted | null {
    if (this.#take("^")) return { node: { kind: "text-begin" }, states: 1 };
    if (this.#take("$")) return { node: { kind: "text-end" }, states: 1 };
    let term = this.#parseAtom();
    if (term === null) return null;
    for (let next = this.#parseQuantifier(term); next !== null; next = this.#parseQuantifier(term)) term = next;
    return term;
  }

  #parseAtom(): Counted | null {
    const char = this.#pattern[this.position];
    if (char === undefined || "*+?{|)".includes(char)) return null;
    this.position++;
    if (char === "(") return this.#parseGroup();
    if (char === "[") return this.#parseBracket();
    if (char === ".") return { node: ANY, states: 1 };
    return { node: singleByte(char === "\\" ? this.#parseEscape() : char), states: 1 };
  }

  #parseGroup(): Counted {
    this.groupCount++;
    const index = this.groupCount;
    const { node, states } = this.parseChoice();
    if (!this.#take(")")) throw new RegexSyntaxError("a '(' is not closed");
    return { node: { kind: "group", index, body: node }, states: states + 2 };
  }

  #parseBracket(): Counted {
    const negated = this.#take("^");
    const { set, end } = parseBracket(this.#pattern, this.position, negated);
    this.position = end;
    return { node: { kind: "set", set }, states: 1 };
  }

  #parseEscape(): string {
    const char = this.#pattern[this.position];
    if (char === undefined) throw new RegexSyntaxError("nothing follows a '\\'");
    if (!SPECIAL.includes(char)) throw new RegexSyntaxError(`'\\${char}' is no escape`);
    this.position++;
    return char;
  }

  #parseQuantifier(term: Counted): Counted | null {
    const { node, states } = term;
    if (this.#take("*"))
      return checked({ node: { kind: "repeat", body: node, min: 0, max: null }, states: states + 1 });
    if (this.#take("+")) return checked({ node: { kind: "plus", body: node }, states: states + 1 });
    if (this.#take("?")) return checked({ node: { kind: "repeat", body: node, min: 0, max: 1 }, states: states + 2 });
    return this.#take("{") ? this.#parseInterval(term) : null;
  }

  #parseInterval({ node, states }: Counted): Counted {
    const min = this.#parseCount();
    if (min === null) throw new RegexSyntaxError("a '{' is not followed by a number");
    const max = this.#take(",") ? this.#parseCount() : min;
    if (!this.#take("}")) throw new RegexSyntaxError("a '{' is not closed");
    if (max !== null && max < min) throw new RegexSyntaxError("an interval ends before it begins");
    const copies = max === null ? (min + 1) * states + 1 : max * states + (max - min) + 1;
    return checked({ node: { kind: "repeat", body: node, min, max }, states: states + 1 + copies });
  }

  #parseCount(): number | null {
    const digits = /^[0-9]+/.exec(this.#pattern.slice(this.position, this.position + 32))?.[0];
    if (digits === undefined) return null;
    this.position += digits.length;
    return Number(digits);
  }

  #take(char: string): boolean {
    if (this.#pattern[this.position] !== char) return false;
    this.position++;
    return true;
  }
}

function checked(counted: Counted): Counted {
  checkSize(counted.states);
  return counted;
}

function checkSize(states: number): void {
  if (states > MAX_STATES) throw new RegexTooLargeError(`The automaton has more than ${MAX_STATES} states`);
}

/** Alternatives that are all single bytes are one set: no difference to a match, and much faster. */
function makeChoice(alternatives: readonly RegexNode[]): RegexNode {
  const [only] = alternatives;
  if (alternatives.length === 1 && only !== undefined) return only;
  const union = new Uint8Array(256);
  for (const alternative of alternatives) {
    if (alternative.kind !== "set") return { kind: "choice", alternatives };
    for (let code = 0; code < 256; code++) if (alternative.set[code] === 1) union[code] = 1;
  }
  return { kind: "set", set: union };
}

const ANY: RegexNode = { kind: "set", set: new Uint8Array(256).fill(1, 1) };

function singleByte(char: string): RegexNode {
  const set = new Uint8Array(256);
  set[char.charCodeAt(0)] = 1;
  return { kind: "set", set };
}
