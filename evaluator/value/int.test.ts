import assert from "node:assert/strict";
import { test } from "node:test";
import { addInts, bitwise, divideInts, multiplyInts, subtractInts, toInt } from "./int.ts";

const maxInt = 9223372036854775807n;
const minInt = -9223372036854775808n;

test("addInts: goes over to BigInt beyond 2^53 and comes back", () => {
  const big = addInts(Number.MAX_SAFE_INTEGER, 1);
  assert.equal(big, 9007199254740992n);
  assert.equal(subtractInts(big, 1), Number.MAX_SAFE_INTEGER);
});

test("addInts: overflow of 64 bits is an error", () => {
  assert.equal(addInts(maxInt, 0), maxInt);
  for (const overflow of [() => addInts(maxInt, 1), () => subtractInts(minInt, 1), () => multiplyInts(maxInt, 2)]) {
    assert.throws(overflow, (error: { message: string }) => error.message.startsWith("integer overflow"));
  }
});

test("divideInts: truncates towards zero, knows no negative zero", () => {
  assert.equal(divideInts(7, -2), -3);
  assert.ok(Object.is(divideInts(-1, 2), 0));
  assert.ok(Object.is(multiplyInts(0, -5), 0));
  assert.throws(() => divideInts(1, 0), { message: "division by zero" });
  assert.throws(() => divideInts(minInt, -1), { message: /integer overflow/ });
});

test("bitwise: works on 64 bits", () => {
  assert.equal(
    bitwise(-1, 255, (a, b) => a & b),
    255,
  );
  assert.equal(
    bitwise(minInt, maxInt, (a, b) => a | b),
    -1,
  );
  assert.equal(toInt(1n << 63n), null);
});
