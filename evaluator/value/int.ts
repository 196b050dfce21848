/** 64-bit integers: numbers within +-2^53, BigInts beyond; overflow is an error, as in current Nix. */
import { EvaluationError } from "../errors.ts";

export type Int = number | bigint;

const minInt = -0x8000000000000000n;
const maxInt = 0x7fffffffffffffffn;

/** A number when it fits; null when it is no 64-bit integer. */
export function toInt(big: bigint): Int | null {
  const small = Number(big);
  if (Number.isSafeInteger(small)) return small;
  return big < minInt || big > maxInt ? null : big;
}

function checked(big: bigint, doing: string, a: Int, b: Int, operator: string): Int {
  const result = toInt(big);
  if (result === null) throw new EvaluationError("other", `integer overflow in ${doing} ${a} ${operator} ${b}`);
  return result;
}

export function addInts(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return checked(BigInt(a) + BigInt(b), "adding", a, b, "+");
}

export function subtractInts(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return checked(BigInt(a) - BigInt(b), "subtracting", a, b, "-");
}

export function multiplyInts(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    // + 0 turns -0 into 0.
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return checked(BigInt(a) * BigInt(b), "multiplying", a, b, "*");
}

/** Truncates towards zero. */
export function divideInts(a: Int, b: Int): Int {
  if (b === 0) throw new EvaluationError("other", "division by zero");
  // Exact: a quotient of two integers below 2^53 never rounds up to the next integer.
  if (typeof a === "number" && typeof b === "number") return Math.trunc(a / b) + 0;
  return checked(BigInt(a) / BigInt(b), "dividing", a, b, "/");
}

export function bitwise(a: Int, b: Int, apply: (a: bigint, b: bigint) => bigint): Int {
  return toInt(BigInt.asIntN(64, apply(BigInt(a), BigInt(b)))) ?? 0;
}

export function compareInts(a: Int, b: Int): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
