/** `replaceStrings`: at each place the first pattern that fits, an empty one included. */
import { EvaluationError } from "../errors.ts";
import { expectList, expectString, expectText, textOf } from "../value/expect.ts";
import { TextBuilder } from "../value/text-builder.ts";
import { forceElement, type Lazy, type Value } from "../value/value.ts";

export function replaceStrings(lazyFrom: Lazy, lazyTo: Lazy, lazyText: Lazy): Value {
  const from = expectList(lazyFrom);
  const to = expectList(lazyTo);
  if (from.length !== to.length) {
    throw new EvaluationError("other", "'from' and 'to' arguments to 'replaceStrings' have different lengths");
  }
  const patterns = from.map((_pattern, index) => expectText(forceElement(from, index)));
  const value = expectString(lazyText);
  const text = textOf(value);
  if (!patterns.some((pattern) => text.includes(pattern))) return value;
  const builder = new TextBuilder();
  if (typeof value !== "string") builder.addContext(value.context);
  replaceAll(text, patterns, (index) => builder.append(expectString(forceElement(to, index))), builder);
  return builder.finish();
}

function replaceAll(
  text: string,
  patterns: readonly string[],
  replace: (index: number) => void,
  builder: TextBuilder,
): void {
  const candidates = byFirstCharacter(patterns);
  let copied = 0;
  let at = 0;
  while (at <= text.length) {
    const found = firstMatch(text, at, patterns, candidates);
    if (found < 0) {
      at++;
      continue;
    }
    builder.text += text.slice(copied, at);
    replace(found);
    const length = (patterns[found] ?? "").length;
    copied = at + length;
    at = length === 0 ? at + 1 : copied;
  }
  builder.text += text.slice(copied);
}

interface Candidates {
  readonly byCode: ReadonlyMap<number, readonly number[]>;
  /** Index of the first empty pattern, which fits everywhere; else beyond the end. */
  readonly empty: number;
}

function byFirstCharacter(patterns: readonly string[]): Candidates {
  const byCode = new Map<number, number[]>();
  let empty = patterns.length;
  patterns.forEach((pattern, index) => {
    if (pattern === "") {
      empty = Math.min(empty, index);
      return;
    }
    const code = pattern.charCodeAt(0);
    const list = byCode.get(code);
    if (list === undefined) byCode.set(code, [index]);
    else list.push(index);
  });
  return { byCode, empty };
}

function firstMatch(text: string, at: number, patterns: readonly string[], candidates: Candidates): number {
  for (const index of candidates.byCode.get(text.charCodeAt(at)) ?? []) {
    if (index > candidates.empty) break;
    if (text.startsWith(patterns[index] ?? "", at)) return index;
  }
  return candidates.empty < patterns.length ? candidates.empty : -1;
}
