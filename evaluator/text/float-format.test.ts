import assert from "node:assert/strict";
import { test } from "node:test";
import { askRealNix, realNixVersion } from "../lang-tests/real-nix.ts";
import { formatFloat, formatFloatFixed, formatFloatJson } from "./float-format.ts";

const NUMBERS = [
  1,
  0.1,
  1e20,
  1.5e-7,
  123456.5,
  1234565,
  123455.5,
  123457.5,
  0.0078125,
  0.0234375,
  1e300,
  1e6,
  1e5,
  1e-4,
  1e-5,
  0.3,
  1 / 3,
  123456789.123,
  1e15,
  1e16,
  999999.5,
  9999995,
  1e21,
  1.5e22,
  0.9999995,
  2.5,
  1e-300,
  2251799813685249.5,
  1759218604.9921875,
  55514739229024.945,
  1234567.0078125,
];

test("formatFloat and formatFloatFixed print as real Nix", { skip: realNixVersion() === null }, () => {
  const numbers = [...NUMBERS, ...randomNumbers()];
  const programs = numbers.map(
    (value) => `let v = ${literal(value)}; in [ (builtins.toXML v) (toString v) (toString (0 - v)) ]`,
  );
  const answers = askRealNix(programs);
  numbers.forEach((value, n) => {
    const answer = answers[n];
    assert.equal(answer?.kind, "value");
    const printed = /value=\\"([^"]*)\\"/.exec(answer.shown)?.[1];
    assert.equal(formatFloat(value), printed, String(value));
    assert.ok(
      answer.shown.includes(`("${formatFloatFixed(value)}") ("${formatFloatFixed(-value)}")`),
      `${value}: ${answer.shown}`,
    );
  });
});

function randomNumbers(): number[] {
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
  let state = seed;
  const next = (): number => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
  const dyadic = Array.from({ length: 100 }, () => Math.floor(next() * 1e7) / 2 ** Math.floor(next() * 12));
  return [...dyadic, ...Array.from({ length: 100 }, () => next() * 10 ** Math.floor(next() * 40 - 20))].filter(
    (value) => value > 0,
  );
}

function literal(value: number): string {
  const [mantissa = "", exponent = "0"] = value.toExponential(20).split("e");
  return `${mantissa.startsWith("0") ? "0.0" : mantissa}e${exponent}`;
}

test("formatFloat and formatFloatFixed print signs, zeros and what is not finite", () => {
  assert.deepEqual([0, -0, -1.5, Infinity, -Infinity, NaN].map(formatFloat), ["0", "-0", "-1.5", "inf", "-inf", "nan"]);
  assert.deepEqual([0, -0, -0.0078125, Infinity].map(formatFloatFixed), ["0.000000", "-0.000000", "-0.007812", "inf"]);
});

test("formatFloatJson keeps full precision and always looks like a float", () => {
  const facts: readonly (readonly [number, string])[] = [
    [1, "1.0"],
    [-1.5, "-1.5"],
    [0, "0.0"],
    [-0, "-0.0"],
    [0.1 + 0.2, "0.30000000000000004"],
    [1e14, "100000000000000.0"],
    [1e15, "1e+15"],
    [123456789012345.6, "123456789012345.6"],
    [1e-4, "0.0001"],
    [1e-5, "1e-05"],
    [1.5e300, "1.5e+300"],
    [NaN, "null"],
  ];
  for (const [value, text] of facts) assert.equal(formatFloatJson(value), text);
});
