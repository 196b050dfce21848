/** Conditions and the operators that are no builtins. */
import { EvaluationError, typeError } from "../errors.ts";
import type { Assert, Binary, Conditional, Expr, Not } from "../syntax/ast.ts";
import { Attrs, updateAttrs } from "../value/attrs.ts";
import { equalValues } from "../value/equal.ts";
import { describeValue } from "../value/short.ts";
import { ContextString, isList, type Lazy, type Run, type Value } from "../value/value.ts";
import type { Compiler } from "./compiler.ts";
import { placed } from "./trace.ts";

function notBoolean(value: Value, { pos }: Expr): EvaluationError {
  return typeError("a Boolean", describeValue(value), pos);
}

export function compileConditional(compiler: Compiler, { condition, consequent, alternative }: Conditional): Run {
  const test = compiler.compile(condition);
  // Most conditions come out the same way each time, so a branch is compiled when it is first taken.
  let whenTrue: Run | null = null;
  let whenFalse: Run | null = null;
  return (env) => {
    const value = test(env);
    if (value === true) {
      whenTrue ??= compiler.compile(consequent);
      return whenTrue(env);
    }
    if (value === false) {
      whenFalse ??= compiler.compile(alternative);
      return whenFalse(env);
    }
    throw notBoolean(value, condition);
  };
}

export function compileAssert(compiler: Compiler, { condition, body, text, pos }: Assert): Run {
  const test = compiler.compile(condition);
  const run = compiler.compile(body);
  return (env) => {
    const value = test(env);
    if (value === true) return run(env);
    if (value !== false) throw notBoolean(value, condition);
    throw new EvaluationError("assertion", `assertion '${text}' failed`, pos);
  };
}

export function compileNot(compiler: Compiler, { operand }: Not): Run {
  const run = compiler.compile(operand);
  return (env) => {
    const value = run(env);
    if (typeof value === "boolean") return !value;
    throw notBoolean(value, operand);
  };
}

export function compileBinary(compiler: Compiler, expr: Binary): Run {
  switch (expr.operator) {
    case "==":
    case "!=":
      return compileEquality(compiler, expr, expr.operator === "==");
    case "//":
      return compileUpdate(compiler, expr);
    case "++":
      return compileConcat(compiler, expr);
    default:
      return compileLogic(compiler, expr);
  }
}

function compileLogic(compiler: Compiler, { operator, left, right }: Binary): Run {
  const first = compiler.compile(left);
  const second = compiler.compile(right);
  /** The result when the first operand is this one; the second is the result otherwise. */
  const [decisive, result] = operator === "&&" ? [false, false] : operator === "||" ? [true, true] : [false, true];
  return (env) => {
    const a = first(env);
    if (a === decisive) return result;
    if (typeof a !== "boolean") throw notBoolean(a, left);
    const b = second(env);
    if (typeof b === "boolean") return b;
    throw notBoolean(b, right);
  };
}

function compileEquality(compiler: Compiler, expr: Binary, wanted: boolean): Run {
  const left = compiler.compile(expr.left);
  const constant = compiler.constant(expr.right);
  if (constant === null || typeof constant === "boolean") return (env) => (left(env) === constant) === wanted;
  if (typeof constant === "string") return equalsText(left, constant, wanted);
  const right = compiler.compile(expr.right);
  const { pos } = expr;
  return (env) => {
    const a = left(env);
    const b = right(env);
    if (typeof a === "string" && typeof b === "string") return (a === b) === wanted;
    try {
      return equalValues(a, b) === wanted;
    } catch (error) {
      throw placed(error, pos);
    }
  };
}

function equalsText(left: Run, text: string, wanted: boolean): Run {
  return (env) => {
    const value = left(env);
    return (value === text || (value instanceof ContextString && value.text === text)) === wanted;
  };
}

function compileUpdate(compiler: Compiler, expr: Binary): Run {
  const left = compiler.compile(expr.left);
  const right = compiler.compile(expr.right);
  const { pos } = expr;
  return (env) => updateAttrs(asAttrs(left(env), pos), asAttrs(right(env), pos));
}

function asAttrs(value: Value, pos: number): Attrs {
  if (value instanceof Attrs) return value;
  throw typeError("a set", describeValue(value), pos);
}

function compileConcat(compiler: Compiler, expr: Binary): Run {
  const left = compiler.compile(expr.left);
  const right = compiler.compile(expr.right);
  const { pos } = expr;
  return (env) => {
    // As in Nix, both are computed before either is found to be no list.
    const first = left(env);
    const second = right(env);
    const a = asList(first, pos);
    const b = asList(second, pos);
    if (a.length === 0) return b;
    return b.length === 0 ? a : a.concat(b);
  };
}

function asList(value: Value, pos: number): Lazy[] {
  if (isList(value)) return value;
  throw typeError("a list", describeValue(value), pos);
}
