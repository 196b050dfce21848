/** Computes a value and insists on its type. */
import { EvaluationError, typeError } from "../errors.ts";
import { Attrs } from "./attrs.ts";
import { type Callable, isCallable } from "./callable.ts";
import type { Int } from "./int.ts";
import { describeValue } from "./short.ts";
import {
  type ContextString,
  force,
  isInt,
  isList,
  isString,
  type Lazy,
  type List,
  NixFloat,
  type Value,
} from "./value.ts";

function wrongType(expected: string, value: Value, pos = 0): EvaluationError {
  const error = typeError(expected, describeValue(value), pos);
  error.subject = value;
  return error;
}

export function expectBool(lazy: Lazy, pos = 0): boolean {
  const value = force(lazy);
  if (typeof value === "boolean") return value;
  throw wrongType("a Boolean", value, pos);
}

export function expectInt(lazy: Lazy, pos = 0): Int {
  const value = force(lazy);
  if (isInt(value)) return value;
  throw wrongType("an integer", value, pos);
}

/** An integer that serves as a size or an index. */
export function expectSmallInt(lazy: Lazy): number {
  return Number(expectInt(lazy));
}

export function expectNumber(lazy: Lazy): Int | NixFloat {
  const value = force(lazy);
  if (isInt(value) || value instanceof NixFloat) return value;
  throw wrongType("a number", value);
}

export function expectAttrs(lazy: Lazy, pos = 0): Attrs {
  const value = force(lazy);
  if (value instanceof Attrs) return value;
  throw wrongType("a set", value, pos);
}

export function expectList(lazy: Lazy, pos = 0): List {
  const value = force(lazy);
  if (isList(value)) return value;
  throw wrongType("a list", value, pos);
}

/** A function, or a set with `__functor`. */
export function expectFunction(lazy: Lazy): Callable | Attrs {
  const value = force(lazy);
  if (isCallable(value)) return value;
  if (value instanceof Attrs && value.has("__functor")) return value;
  throw wrongType("a function", value);
}

/** A string, with its context if it has one. */
export function expectString(lazy: Lazy, pos = 0): string | ContextString {
  const value = force(lazy);
  if (isString(value)) return value;
  throw wrongType("a string", value, pos);
}

/** The text of a string, whatever its context. */
export function expectText(lazy: Lazy, pos = 0): string {
  const value = expectString(lazy, pos);
  return typeof value === "string" ? value : value.text;
}

/** The text of a string that must not refer to store paths. */
export function expectPlainText(lazy: Lazy, pos = 0): string {
  const value = expectString(lazy, pos);
  if (typeof value === "string") return value;
  const [first] = value.context;
  throw new EvaluationError(
    "other",
    `the string '${value.text}' is not allowed to refer to a store path (such as '${first}')`,
    pos,
  );
}

export function textOf(value: string | ContextString): string {
  return typeof value === "string" ? value : value.text;
}

export function isNumeric(value: Value): value is Int | NixFloat {
  return isInt(value) || value instanceof NixFloat;
}
