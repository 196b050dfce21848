/** Conditions and the operators that are no builtins. */
import { EvaluationError, typeError } from "../errors.ts";
import type { Assert, Binary, Conditional, Expr, Not } from "../syntax/ast.ts";
import { Attrs, updateAttrs } from "../value/attrs.ts";
import { equalValues } from "../value/equal.ts";
import { describeValue } from "../value/short.ts";
import { type Env, isList, type Lazy, type Run, type Value } from "../value/value.ts";
import type { Compiler } from "./compiler.ts";
import { placed } from "./trace.ts";

type Test = (env: Env) => boolean;

function compileTest(compiler: Compiler, expr: Expr): Test {
  const run = compiler.compile(expr);
  const { pos } = expr;
  return (env) => {
    const value = run(env);
    if (value === true) return true;
    if (value === false) return false;
    throw typeError("a Boolean", describeValue(value), pos);
  };
}

export function compileConditional(compiler: Compiler, expr: Conditional): Run {
  const test = compileTest(compiler, expr.condition);
  const consequent = compiler.compile(expr.consequent);
  const alternative = compiler.compile(expr.alternative);
  return (env) => (test(env) ? consequent(env) : alternative(env));
}

export function compileAssert(compiler: Compiler, expr: Assert): Run {
  const test = compileTest(compiler, expr.condition);
  const body = compiler.compile(expr.body);
  const { text, pos } = expr;
  return (env) => {
    if (test(env)) return body(env);
    throw new EvaluationError("assertion", `assertion '${text}' failed`, pos);
  };
}

export function compileNot(compiler: Compiler, expr: Not): Run {
  const test = compileTest(compiler, expr.operand);
  return (env) => !test(env);
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

function compileLogic(compiler: Compiler, expr: Binary): Run {
  const left = compileTest(compiler, expr.left);
  const right = compileTest(compiler, expr.right);
  if (expr.operator === "&&") return (env) => left(env) && right(env);
  if (expr.operator === "||") return (env) => left(env) || right(env);
  return (env) => !left(env) || right(env);
}

function compileEquality(compiler: Compiler, expr: Binary, wanted: boolean): Run {
  const left = compiler.compile(expr.left);
  const right = compiler.compile(expr.right);
  const { pos } = expr;
  return (env) => {
    const a = left(env);
    const b = right(env);
    try {
      return equalValues(a, b) === wanted;
    } catch (error) {
      throw placed(error, pos);
    }
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
