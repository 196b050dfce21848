/** Arithmetic and comparison. */
import { EvaluationError } from "../errors.ts";
import { compareValues } from "../value/equal.ts";
import { expectInt, expectNumber } from "../value/expect.ts";
import { addInts, bitwise, divideInts, type Int, multiplyInts, subtractInts, toInt } from "../value/int.ts";
import { force, isInt, type Lazy, NixFloat, type Value } from "../value/value.ts";
import { type Builtin, builtin } from "./builtin.ts";

function arithmetic(name: string, ints: (a: Int, b: Int) => Int, floats: (a: number, b: number) => number): Builtin {
  return builtin(name, "ss", (left = null, right = null) => {
    const a = expectNumber(left);
    const b = expectNumber(right);
    if (isInt(a) && isInt(b)) return ints(a, b);
    return new NixFloat(floats(asDouble(a), asDouble(b)));
  });
}

function asDouble(value: Int | NixFloat): number {
  return value instanceof NixFloat ? value.value : Number(value);
}

function divideFloats(a: number, b: number): number {
  if (b === 0) throw new EvaluationError("other", "division by zero");
  return a / b;
}

function rounding(name: string, round: (value: number) => number): Builtin {
  return builtin(name, "s", (lazy = null) => {
    const value = expectNumber(lazy);
    if (isInt(value)) return value;
    const rounded = round(value.value) + 0;
    if (!Number.isFinite(rounded)) throw new EvaluationError("other", `cannot round ${value.value} to an integer`);
    const result = toInt(BigInt(rounded));
    if (result === null) throw new EvaluationError("other", `${value.value} is out of the range of integers`);
    return result;
  });
}

function bitOperation(name: string, apply: (a: bigint, b: bigint) => bigint): Builtin {
  return builtin(name, "ss", (a = null, b = null) => bitwise(expectInt(a), expectInt(b), apply));
}

export function lessThan(a: Lazy, b: Lazy): Value {
  return compareValues(force(a), force(b)) < 0;
}

export const numberBuiltins: readonly Builtin[] = [
  arithmetic("add", addInts, (a, b) => a + b),
  arithmetic("sub", subtractInts, (a, b) => a - b),
  arithmetic("mul", multiplyInts, (a, b) => a * b),
  arithmetic("div", divideInts, divideFloats),
  builtin("lessThan", "ss", (a = null, b = null) => lessThan(a, b)),
  bitOperation("bitAnd", (a, b) => a & b),
  bitOperation("bitOr", (a, b) => a | b),
  bitOperation("bitXor", (a, b) => a ^ b),
  rounding("ceil", Math.ceil),
  rounding("floor", Math.floor),
];
