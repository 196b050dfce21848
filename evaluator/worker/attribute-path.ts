/** `-A` paths, and calling functions that stand in the way with the arguments of `--arg`. */
import { EvaluationError } from "../errors.ts";
import { didYouMean } from "../text/edit-distance.ts";
import { Attrs, attrsFromPairs } from "../value/attrs.ts";
import { call1 } from "../value/call.ts";
import { LambdaValue } from "../value/callable.ts";
import { describeType } from "../value/type-name.ts";
import { forceElement, isList, type Lazy, type Value } from "../value/value.ts";

/** `a."b.c".0` -> `a`, `b.c`, `0`. */
export function parseAttributePath(text: string): string[] {
  const parts: string[] = [];
  let part = "";
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    else if (character === "." && !quoted) {
      parts.push(part);
      part = "";
    } else part += character;
  }
  if (quoted) throw new EvaluationError("other", `missing closing quote in the attribute path '${text}'`);
  if (text !== "") parts.push(part);
  return parts;
}

/** Calls a function with a pattern; whatever else is left as it is. */
export function autoCall(value: Value, autoArgs: ReadonlyMap<string, Lazy>): Value {
  if (value instanceof Attrs && value.has("__functor")) {
    return autoCall(call1(value.force("__functor") ?? null, value), autoArgs);
  }
  if (!(value instanceof LambdaValue) || value.code.formals === null) return value;
  const { formals, ellipsis } = value.code;
  const names: string[] = [];
  for (const { name, fallback } of formals) {
    if (autoArgs.has(name)) names.push(name);
    else if (fallback === null) {
      throw new EvaluationError(
        "type",
        `cannot evaluate a function that has an argument without a value ('${name}')`,
        value.code.pos,
        `Give it with --arg or --argstr`,
      );
    }
  }
  const passed = ellipsis ? [...autoArgs.keys()] : names;
  const args = attrsFromPairs(
    passed,
    passed.map((name) => autoArgs.get(name) ?? null),
  );
  return call1(value, args);
}

export function selectPath(value: Value, path: string, autoArgs: ReadonlyMap<string, Lazy>): Value {
  let current = value;
  for (const name of parseAttributePath(path)) current = selectStep(autoCall(current, autoArgs), name, path);
  return current;
}

function selectStep(value: Value, name: string, path: string): Value {
  if (isList(value) && /^\d+$/.test(name)) {
    const index = Number(name);
    if (index < value.length) return forceElement(value, index);
    throw new EvaluationError("other", `list index ${name} in the attribute path '${path}' is out of range`);
  }
  if (!(value instanceof Attrs)) {
    throw new EvaluationError(
      "type",
      `the expression selected by the attribute path '${path}' should be a set but is ${describeType(value)}`,
    );
  }
  if (name === "") throw new EvaluationError("other", `empty attribute name in the attribute path '${path}'`);
  const found = value.force(name);
  if (found !== undefined) return found;
  const hint = didYouMean(name, value.keys);
  throw new EvaluationError(
    "missing-attribute",
    `attribute '${name}' in the attribute path '${path}' not found`,
    0,
    hint,
  );
}
