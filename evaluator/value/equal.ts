/** Equality and order. */
import { EvaluationError } from "../errors.ts";
import { Attrs } from "./attrs.ts";
import { isCallable } from "./callable.ts";
import { textOf } from "./expect.ts";
import { compareInts, type Int } from "./int.ts";
import { describeType } from "./type-name.ts";
import {
  force,
  forceElement,
  isInt,
  isList,
  isString,
  type Lazy,
  type List,
  NixFloat,
  NixPath,
  type Value,
} from "./value.ts";

export function equalValues(a: Value, b: Value): boolean {
  if (typeof a === "string" && typeof b === "string") return a === b;
  // Sets and lists are looked into even when they are the same, since computing a member may fail.
  if (a === b && !(a instanceof NixFloat) && !(a instanceof Attrs) && !isList(a)) return !isCallable(a);
  if (isString(a)) return isString(b) && textOf(a) === textOf(b);
  if (isInt(a) || a instanceof NixFloat) return equalNumbers(a, b);
  if (isList(a)) return isList(b) && equalLists(a, b);
  if (a instanceof Attrs) return b instanceof Attrs && equalAttrs(a, b);
  if (a instanceof NixPath) return b instanceof NixPath && a.path === b.path;
  return false;
}

/** Of two members of sets or lists: the same one is equal, even a function, once it is computed. */
export function equalMembers(a: Lazy, b: Lazy): boolean {
  const value = force(a);
  return (a === b && !(a instanceof NixFloat)) || equalValues(value, force(b));
}

function equalNumbers(a: Int | NixFloat, b: Value): boolean {
  if (isInt(a) && isInt(b)) return a === b;
  if (!isInt(b) && !(b instanceof NixFloat)) return false;
  return asDouble(a) === asDouble(b);
}

function asDouble(value: Int | NixFloat): number {
  return value instanceof NixFloat ? value.value : Number(value);
}

function equalLists(a: List, b: List): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (!equalMembers(a[index] as Lazy, b[index] as Lazy)) return false;
  return true;
}

function equalAttrs(a: Attrs, b: Attrs): boolean {
  if (isDerivation(a) && isDerivation(b)) {
    const left = a.get("outPath");
    const right = b.get("outPath");
    if (left !== undefined && right !== undefined) return equalMembers(left, right);
  }
  if (a.size !== b.size) return false;
  if (a.shape !== b.shape) {
    for (let index = 0; index < a.size; index++) if (a.keys[index] !== b.keys[index]) return false;
  }
  for (let index = 0; index < a.size; index++) {
    if (!equalMembers(a.values[index] as Lazy, b.values[index] as Lazy)) return false;
  }
  return true;
}

export function isDerivation(attrs: Attrs): boolean {
  const type = attrs.force("type");
  return type !== undefined && isString(type) && textOf(type) === "derivation";
}

/** Negative, 0 or positive; for numbers, strings, paths and lists of such. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (isInt(a) && isInt(b)) return compareInts(a, b);
  if (isNumber(a) && isNumber(b)) return asDouble(a) - asDouble(b);
  if (isString(a) && isString(b)) return compareText(textOf(a), textOf(b));
  if (a instanceof NixPath && b instanceof NixPath) return compareText(a.path, b.path);
  if (isList(a) && isList(b)) return compareLists(a, b);
  throw new EvaluationError("type", `cannot compare ${describeType(a)} with ${describeType(b)}`);
}

function isNumber(value: Value): value is Int | NixFloat {
  return isInt(value) || value instanceof NixFloat;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a === b ? 0 : 1;
}

function compareLists(a: List, b: List): number {
  for (let index = 0; index < a.length; index++) {
    if (index >= b.length) return 1;
    const left = forceElement(a, index);
    const right = forceElement(b, index);
    if (!equalValues(left, right)) return compareValues(left, right);
  }
  return a.length < b.length ? -1 : 0;
}
