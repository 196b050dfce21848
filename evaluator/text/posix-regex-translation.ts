/**
 * Analysis that tells where JavaScript's regular expression engine gives libstdc++'s answer, and the translation for it.
 *
 * Both explore in the same order, left alternative first and loops greedily, so for a whole match the first success is the same
 * except that JavaScript refuses iterations that match nothing and forgets captures of earlier iterations. For a prefix (as in
 * `split`) libstdc++ compares alternatives by length, which changes nothing when at most one of them can begin at any place.
 */

import type { ByteSet } from "./posix-bracket.ts";
import type { RegexNode } from "./posix-regex-syntax.ts";

export interface RegexTraits {
  /** Can match the empty string. */
  readonly nullable: boolean;
  /** Bytes that a match which is not empty can begin with. */
  readonly first: ByteSet;
  /** Contains groups. */
  readonly captures: boolean;
  /** Contains a group that can take no part in a match of the node. */
  readonly skipsCapture: boolean;
  /** JavaScript agrees on matches of a whole text. */
  readonly sameWhole: boolean;
  /** JavaScript agrees on matches found in a text. */
  readonly sameSearch: boolean;
}

const NOTHING: RegexTraits = {
  nullable: true,
  first: new Uint8Array(256),
  captures: false,
  skipsCapture: false,
  sameWhole: true,
  sameSearch: true,
};

/** Traits of a whole pattern. */
export function regexTraits(root: RegexNode): RegexTraits {
  const traits = traitsOf(root);
  return { ...traits, sameSearch: traits.sameWhole && traits.sameSearch && !traits.nullable };
}

function traitsOf(node: RegexNode): RegexTraits {
  switch (node.kind) {
    case "set":
      return { ...NOTHING, nullable: false, first: node.set };
    case "text-begin":
    case "text-end":
      return NOTHING;
    case "group":
      return { ...traitsOf(node.body), captures: true };
    case "sequence":
      return node.items.map(traitsOf).reduce(inSequence, NOTHING);
    case "choice":
      return ofChoice(node.alternatives.map(traitsOf));
    case "plus":
      return ofLoop(traitsOf(node.body), 1, null);
    case "repeat":
      return ofLoop(traitsOf(node.body), node.min, node.max);
  }
}

function inSequence(a: RegexTraits, b: RegexTraits): RegexTraits {
  return {
    nullable: a.nullable && b.nullable,
    first: a.nullable ? union(a.first, b.first) : a.first,
    captures: a.captures || b.captures,
    skipsCapture: a.skipsCapture || b.skipsCapture,
    sameWhole: a.sameWhole && b.sameWhole,
    sameSearch: a.sameSearch && b.sameSearch,
  };
}

function ofChoice(alternatives: readonly RegexTraits[]): RegexTraits {
  const captures = alternatives.some((alternative) => alternative.captures);
  return {
    nullable: alternatives.some((alternative) => alternative.nullable),
    first: alternatives.map(({ first }) => first).reduce(union),
    captures,
    skipsCapture: captures,
    sameWhole: alternatives.every((alternative) => alternative.sameWhole),
    sameSearch:
      alternatives.every((alternative) => alternative.sameSearch && !alternative.nullable) && exclusive(alternatives),
  };
}

/** No byte can begin two of the alternatives. */
function exclusive(alternatives: readonly RegexTraits[]): boolean {
  for (let code = 0; code < 256; code++) {
    if (alternatives.filter(({ first }) => first[code] === 1).length > 1) return false;
  }
  return true;
}

function ofLoop(body: RegexTraits, min: number, max: number | null): RegexTraits {
  const repeats = max === null || max > 1;
  const same = !body.nullable && !(repeats && body.skipsCapture);
  return {
    ...body,
    nullable: body.nullable || min === 0,
    skipsCapture: body.skipsCapture || (min === 0 && body.captures),
    sameWhole: body.sameWhole && same,
    sameSearch: body.sameSearch && same,
  };
}

function union(a: ByteSet, b: ByteSet): ByteSet {
  return a.map((member, code) => member | (b[code] ?? 0));
}

/** Source text for `new RegExp(.., "")`, groups numbered as in the pattern. */
export function toJavaScriptSource(node: RegexNode): string {
  switch (node.kind) {
    case "set":
      return setSource(node.set);
    case "text-begin":
      return "^";
    case "text-end":
      return "$";
    case "group":
      return `(${toJavaScriptSource(node.body)})`;
    case "sequence":
      return node.items.map((item) => (item.kind === "choice" ? atom(item) : toJavaScriptSource(item))).join("");
    case "choice":
      return node.alternatives.map(toJavaScriptSource).join("|");
    case "plus":
      return `${atom(node.body)}+`;
    case "repeat":
      return `${atom(node.body)}${quantifier(node.min, node.max)}`;
  }
}

function atom(node: RegexNode): string {
  const source = toJavaScriptSource(node);
  return node.kind === "set" || node.kind === "group" ? source : `(?:${source})`;
}

function quantifier(min: number, max: number | null): string {
  if (max === null) return min === 0 ? "*" : `{${min},}`;
  return min === 0 && max === 1 ? "?" : `{${min},${max}}`;
}

function setSource(set: ByteSet): string {
  const ranges: string[] = [];
  for (let low = 0; low < 256; low++) {
    if (set[low] !== 1) continue;
    let high = low;
    while (high < 255 && set[high + 1] === 1) high++;
    ranges.push(low === high ? hex(low) : `${hex(low)}-${hex(high)}`);
    low = high;
  }
  const [only] = ranges;
  return ranges.length === 1 && only?.length === 4 ? only : `[${ranges.join("")}]`;
}

function hex(code: number): string {
  return `\\x${code.toString(16).padStart(2, "0")}`;
}
