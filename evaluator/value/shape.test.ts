import assert from "node:assert/strict";
import { test } from "node:test";
import { Attrs, attrsFromPairs, emptyAttrs, updateAttrs } from "./attrs.ts";
import { type MergePlan, Shape } from "./shape.ts";

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

function planOf(left: Shape, right: Shape): MergePlan {
  return left.mergePlan(right) ?? assert.fail("no plan");
}

test("Shape: a plan for two shapes of source text is made once and carries positions", () => {
  const left = new Shape(["a", "b"], [1, 2], true);
  const right = new Shape(["b", "c"], [3, 4], true);
  const plan = planOf(left, right);
  assert.equal(left.mergePlan(right), plan);
  assert.deepEqual([...plan.shape.keys], ["a", "b", "c"]);
  assert.deepEqual(plan.shape.allPositions(), [1, 3, 4]);
  const bare = planOf(new Shape(["a"], null, true), new Shape(["b"], null, true)).shape;
  assert.deepEqual([bare.hasPositions, bare.position(1)], [false, 0]);
});

test("Shape: overriding the same names again and again makes no new shapes", () => {
  const base = new Shape(["a", "b", "c"], [1, 2, 3], true);
  const first = new Shape(["b"], [4], true);
  const second = new Shape(["b"], [5], true);
  const once = planOf(base, first).shape;
  assert.equal(planOf(once, first).shape, once);
  const twice = planOf(once, second).shape;
  assert.deepEqual(twice.allPositions(), [1, 5, 3]);
  assert.equal(planOf(twice, first).shape, once);
});

test("updateAttrs: keeps the positions of both sides, remembered or not", () => {
  const random = numbers(7);
  for (const stable of [true, false]) {
    let merged = emptyAttrs;
    const expected = new Map<string, number>();
    for (let round = 0; round < 200; round++) {
      const names = Array.from({ length: 1 + (random.next().value % 4) }, () => `n${random.next().value % 40}`);
      const keys = [...new Set(names)].sort();
      const positions = keys.map((_key, index) => round * 10 + index + 1);
      const shape = new Shape(keys, positions, stable);
      merged = updateAttrs(merged, new Attrs(shape, [...positions]));
      keys.forEach((key, index) => void expected.set(key, positions[index] ?? 0));
      assert.deepEqual([...merged.keys], [...expected.keys()].sort());
      for (const [index, key] of merged.keys.entries()) {
        assert.equal(merged.shape.position(index), expected.get(key));
        assert.equal(merged.values[index], expected.get(key));
        assert.equal(merged.shape.indexOf(key), index);
      }
    }
  }
});

test("updateAttrs: a fold that keeps making shapes is not remembered for ever", () => {
  const literals = ["ab", "bc", "ac"].map((pair, at) => new Shape([...pair], [at * 2 + 10, at * 2 + 11], true));
  let merged = new Attrs(new Shape(["a", "b", "c"], [1, 2, 3], true), [0, 0, 0]);
  for (let round = 0; round < 100; round++) {
    merged = updateAttrs(merged, new Attrs(literals[round % 3] ?? assert.fail(), [round, round]));
  }
  assert.equal(merged.shape.stable, false);
  assert.deepEqual(merged.values, [99, 99, 98]);
  assert.deepEqual(merged.shape.allPositions(), [10, 11, 15]);
});

test("updateAttrs: large sets keep their positions through many merges", () => {
  const random = numbers(11);
  const name = (): string => `n${String(random.next().value % 6000).padStart(4, "0")}`;
  const literal = (count: number, mark: number): Attrs => {
    const keys = [...new Set(Array.from({ length: count }, name))].sort();
    const positions = keys.map((_key, index) => mark * 10_000 + index);
    return new Attrs(new Shape(keys, positions, mark % 2 === 0), [...positions]);
  };
  let whole = literal(4000, 1);
  const expected = new Map(whole.keys.map((key, index) => [key, whole.shape.position(index)]));
  for (let round = 2; round < 80; round++) {
    const added = literal(1 + (random.next().value % 5), round);
    whole = updateAttrs(whole, added);
    added.keys.forEach((key, index) => void expected.set(key, added.shape.position(index)));
  }
  assert.deepEqual([...whole.keys], [...expected.keys()].sort());
  for (const [index, key] of whole.keys.entries()) {
    assert.equal(whole.shape.position(index), expected.get(key));
    assert.equal(whole.values[index], expected.get(key));
  }
  assert.deepEqual(whole.shape.allPositions(), whole.values);
});
