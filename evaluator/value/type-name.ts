import { Attrs } from "./attrs.ts";
import { LambdaValue, PartialCall, Primop } from "./callable.ts";
import { ContextString, isList, NixFloat, NixPath, type Value } from "./value.ts";

/** `a string`, `a set`: for messages. */
export function describeType(value: Value): string {
  switch (typeof value) {
    case "number":
    case "bigint":
      return "an integer";
    case "boolean":
      return "a Boolean";
    case "string":
      return "a string";
    default:
      return describeObject(value);
  }
}

function describeObject(value: Value): string {
  if (value === null) return "null";
  if (isList(value)) return "a list";
  if (value instanceof Attrs) return "a set";
  if (value instanceof ContextString) return "a string with context";
  if (value instanceof NixPath) return "a path";
  if (value instanceof NixFloat) return "a float";
  if (value instanceof LambdaValue) return "a function";
  if (value instanceof Primop) return "a built-in function";
  if (value instanceof PartialCall) {
    return value.callee instanceof Primop ? "a partially applied built-in function" : "a function";
  }
  return "a value";
}

/** What `builtins.typeOf` gives. */
export function typeOf(value: Value): string {
  switch (typeof value) {
    case "number":
    case "bigint":
      return "int";
    case "boolean":
      return "bool";
    case "string":
      return "string";
    default:
      return typeOfObject(value);
  }
}

function typeOfObject(value: Value): string {
  if (value === null) return "null";
  if (isList(value)) return "list";
  if (value instanceof Attrs) return "set";
  if (value instanceof ContextString) return "string";
  if (value instanceof NixPath) return "path";
  if (value instanceof NixFloat) return "float";
  return "lambda";
}
