/** `"..${x}.."`, paths with `${x}`, and `+`. */
import { EvaluationError } from "../errors.ts";
import type { Interpolation } from "../syntax/ast.ts";
import { canonicalPath } from "../syntax/canonical-path.ts";
import { coerceToString } from "../value/coerce.ts";
import { addInts } from "../value/int.ts";
import { TextBuilder } from "../value/text-builder.ts";
import { describeType } from "../value/type-name.ts";
import { type Env, isInt, isString, NixFloat, NixPath, type Run, type Value } from "../value/value.ts";
import type { Compiler } from "./compiler.ts";
import { placed, traced } from "./trace.ts";

export function compileInterpolation(compiler: Compiler, expr: Interpolation): Run {
  if (expr.type === "plus") return compilePlus(compiler, expr);
  return expr.type === "path" ? compilePath(compiler, expr) : compileString(compiler, expr);
}

function compileString(compiler: Compiler, expr: Interpolation): Run {
  const { evaluation } = compiler;
  const runs = expr.parts.map((part) => compiler.compile(part));
  const { pos } = expr;
  return (env) => {
    let text = "";
    for (let index = 0; index < runs.length; index++) {
      const value = (runs[index] as Run)(env);
      if (typeof value !== "string") return finish(env, index, text, value);
      text += value;
    }
    return text;
  };
  /** From the first part on that is not just text. */
  function finish(env: Env, from: number, text: string, value: Value): Value {
    const builder = new TextBuilder();
    builder.text = text;
    appendCoerced(builder, value);
    for (let index = from + 1; index < runs.length; index++) {
      const next = (runs[index] as Run)(env);
      if (typeof next === "string") builder.text += next;
      else appendCoerced(builder, next);
    }
    return builder.finish();
  }
  function appendCoerced(builder: TextBuilder, value: Value): void {
    try {
      builder.append(coerceToString(evaluation, value, { copyPaths: true }));
    } catch (error) {
      throw traced(error, "while evaluating a string", pos);
    }
  }
}

function compilePath(compiler: Compiler, expr: Interpolation): Run {
  const { evaluation } = compiler;
  const runs = expr.parts.map((part) => compiler.compile(part));
  const { pos } = expr;
  return (env) => {
    const builder = new TextBuilder();
    for (const run of runs) builder.append(coerceToString(evaluation, run(env), { copyPaths: false }));
    return pathFrom(builder, pos);
  };
}

function pathFrom(builder: TextBuilder, pos: number): NixPath {
  if (builder.context !== null) {
    throw new EvaluationError("other", "a string that refers to a store path cannot be appended to a path", pos);
  }
  return new NixPath(canonicalPath(builder.text));
}

function compilePlus(compiler: Compiler, expr: Interpolation): Run {
  const [leftExpr, rightExpr] = expr.parts;
  if (leftExpr === undefined || rightExpr === undefined) throw new Error("'+' has two operands");
  const left = compiler.compile(leftExpr);
  const right = compiler.compile(rightExpr);
  const { evaluation } = compiler;
  const { pos } = expr;
  const slow = (a: Value, b: Value): Value => {
    try {
      return add(a, b);
    } catch (error) {
      throw placed(error, pos);
    }
  };
  function add(a: Value, b: Value): Value {
    if (isInt(a) || a instanceof NixFloat) return addNumbers(a, b);
    const isPath = a instanceof NixPath;
    const builder = new TextBuilder();
    const copyPaths = isString(a);
    builder.append(coerceToString(evaluation, a, { copyPaths }));
    builder.append(coerceToString(evaluation, b, { copyPaths }));
    return isPath ? pathFrom(builder, pos) : builder.finish();
  }
  return (env: Env) => {
    const a = left(env);
    const b = right(env);
    if (typeof a === "string" && typeof b === "string") return a + b;
    return slow(a, b);
  };
}

function addNumbers(a: number | bigint | NixFloat, b: Value): Value {
  if (isInt(a) && isInt(b)) return addInts(a, b);
  if (!isInt(b) && !(b instanceof NixFloat)) {
    throw new EvaluationError("type", `cannot add ${describeType(b)} to ${describeType(a)}`);
  }
  return new NixFloat(asDouble(a) + asDouble(b));
}

function asDouble(value: number | bigint | NixFloat): number {
  return value instanceof NixFloat ? value.value : Number(value);
}
