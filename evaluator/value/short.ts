/** Values in messages: what they are and what they look like, short, and without computing anything. */
import { Attrs } from "./attrs.ts";
import { LambdaValue, PartialCall, Primop } from "./callable.ts";
import { textOf } from "./expect.ts";
import { printAttributeName, printValue, quoteString } from "./print.ts";
import { describeType } from "./type-name.ts";
import { isList, isString, type Lazy, Thunk, type Value } from "./value.ts";

const maxDepth = 2;
const maxMembers = 8;
const maxTextLength = 200;

/** `an integer: 1`, `a set: { a = 1; b = «thunk»; }`. */
export function describeValue(value: Value): string {
  return value === null ? "null" : `${describeType(value)}: ${shortValue(value)}`;
}

/** `«` and `»` as bytes: all text here is. */
function special(text: string): string {
  return `\xc2\xab${text}\xc2\xbb`;
}

export function shortValue(lazy: Lazy, depth = 0): string {
  const value = lazy instanceof Thunk && lazy.code === null ? (lazy.slot as Value) : lazy;
  if (value instanceof Thunk) return special("thunk");
  if (isString(value)) return shortText(textOf(value));
  if (isList(value))
    return members("[", "]", value.length, depth, (index) => shortValue(value[index] as Lazy, depth + 1));
  if (value instanceof Attrs) return shortAttrs(value, depth);
  if (value instanceof Primop) return special(`primop ${value.name}`);
  if (value instanceof LambdaValue) return special(`lambda${value.code.name === null ? "" : ` ${value.code.name}`}`);
  if (value instanceof PartialCall) return shortValue(value.callee, depth);
  return printValue(value);
}

function shortText(text: string): string {
  if (text.length <= maxTextLength) return quoteString(text);
  return `${quoteString(text.slice(0, maxTextLength))} ${special(`${text.length - maxTextLength} bytes more`)}`;
}

function shortAttrs(attrs: Attrs, depth: number): string {
  const type = attrs.get("type");
  const name = attrs.get("name");
  // Computing its path is what cannot be done here.
  if (type === "derivation" && typeof name === "string") return special(`derivation ${name}`);
  return members("{", "}", attrs.size, depth, (index) => {
    const shown = shortValue(attrs.values[index] as Lazy, depth + 1);
    return `${printAttributeName(attrs.keys[index] as string)} = ${shown};`;
  });
}

function members(open: string, close: string, count: number, depth: number, show: (index: number) => string): string {
  if (count === 0) return `${open} ${close}`;
  if (depth >= maxDepth) return `${open} ... ${close}`;
  const shown: string[] = [];
  for (let index = 0; index < Math.min(count, maxMembers); index++) shown.push(show(index));
  if (count > maxMembers) shown.push(special(`${count - maxMembers} more`));
  return `${open} ${shown.join(" ")} ${close}`;
}
