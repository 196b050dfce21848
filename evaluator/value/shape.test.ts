import assert from "node:assert/strict";
import { test } from "node:test";
import { attrsFromPairs, updateAttrs } from "./attrs.ts";
import { Shape } from "./shape.ts";

function setOf(names: readonly string[], mark: string): ReturnType<typeof attrsFromPairs> {
  return attrsFromPairs(
    names,
    names.map((name) => `${mark}${name}`),
  );
}

/** Numbers that look random but are the same each time. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (state * 1103515245 + 12345) % 2147483648;
    yield state;
  }
}

test("updateAttrs: the right set wins, names stay sorted, whatever the sizes", () => {
  const random = numbers(42);
  for (let round = 0; round < 300; round++) {
    const pick = (count: number): string[] =>
      Array.from({ length: count }, () => `n${random.next().value % 60}`).filter(
        (name, at, all) => all.indexOf(name) === at,
      );
    const left = pick(random.next().value % 50);
    const right = pick(random.next().value % (round % 2 === 0 ? 5 : 50));
    const merged = updateAttrs(setOf(left, "l"), setOf(right, "r"));
    const expected = new Map([...left.map((n) => [n, `l${n}`] as const), ...right.map((n) => [n, `r${n}`] as const)]);
    assert.deepEqual([...merged.keys], [...expected.keys()].sort());
    for (const [name, value] of expected) assert.equal(merged.get(name), value);
  }
});

test("Shape: finds names by search and, asked often, by its index", () => {
  const names = Array.from({ length: 100 }, (_name, index) => `k${String(index).padStart(3, "0")}`);
  const shape = new Shape(names, null, false);
  for (let round = 0; round < 3; round++) {
    for (const [index, name] of names.entries()) assert.equal(shape.indexOf(name), index);
    for (const name of ["", "k", "k0005", "z"]) assert.equal(shape.indexOf(name), -1);
  }
});

test("Shape: a plan for two shapes of source text is made once and carries positions", () => {
  const left = new Shape(["a", "b"], [1, 2], true);
  const right = new Shape(["b", "c"], [3, 4], true);
  const plan = left.mergePlan(right);
  assert.equal(left.mergePlan(right), plan);
  assert.deepEqual([...plan.shape.keys], ["a", "b", "c"]);
  assert.deepEqual(plan.shape.positions, [1, 3, 4]);
});
