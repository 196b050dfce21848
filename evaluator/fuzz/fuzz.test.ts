/**
 * A short run of the fuzzer. The seed is fixed unless `SEED=` is given, so that a change elsewhere does not fail by chance on
 * an old difference; look for new ones by hand with `node evaluator/fuzz/run.ts`.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { realNixVersion } from "../lang-tests/real-nix.ts";
import { compareWithRealNix } from "./compare.ts";
import { fuzz } from "./fuzz.ts";
import { Generator } from "./generate.ts";
import { Random } from "./random.ts";
import { renderTree, shrinkTree, tree } from "./tree.ts";

const skip = realNixVersion()?.startsWith("2.8.") === true ? false : "Nix 2.8 is not installed";

test("fuzz finds no difference between real Nix and ours", { skip }, async (t) => {
  const seed = Number(process.env["SEED"] ?? 20261120);
  const seconds = Number(process.env["FUZZ_SECONDS"] ?? 20);
  t.diagnostic(`SEED=${seed}`);
  const { programs, differences } = await fuzz({ seed, seconds, maxDifferences: 3 });
  t.diagnostic(`${programs} programs`);
  assert.deepEqual(differences, []);
  assert.ok(programs > 0);
});

test("compareWithRealNix tells what differs", { skip }, async () => {
  const [same, version] = await compareWithRealNix(["1 + 1", "builtins.nixVersion"]);
  assert.equal(same, null);
  assert.equal(version?.real, `"${realNixVersion()}"`);
});

test("Generator makes the same programs from the same seed, and different ones from another", () => {
  const programs = (seed: number): string[] => {
    const random = new Random(seed);
    return Array.from({ length: 20 }, () => renderTree(new Generator(random).program()));
  };
  assert.deepEqual(programs(1), programs(1));
  assert.notDeepEqual(programs(1), programs(2));
});

test("shrinkTree gives smaller programs only, the smallest first", () => {
  const program = tree`map (x: ${tree`x + ${tree`12`}`}) [ ${tree`1`} ]`;
  const texts = shrinkTree(program).map(renderTree);
  assert.ok(texts.includes("map (x: 12) [ 1 ]"));
  assert.ok(texts.includes("x + 12"));
  assert.deepEqual(
    texts,
    texts.toSorted((a, b) => a.length - b.length),
  );
  assert.ok(texts.every((text) => text.length < renderTree(program).length));
});
