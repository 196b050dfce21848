/**
 * A short run of the fuzzer. The seed is fixed unless `SEED=` is given, so that a change elsewhere does not fail by chance on
 * an old difference; look for new ones by hand with `node evaluator/fuzz/run.ts`.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { askFirn } from "../lang-tests/ask-firn.ts";
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

/** Builtins that no generated program needs to use, and why. */
const notCompared: Readonly<Record<string, string>> = {
  ...named("not in Nix 2.8", "addDrvOutputDependencies break convertHash fetchClosure readFileType"),
  ...named("not in Nix 2.8", "traceVerbose warn"),
  ...named("fetches", "fetchGit fetchMercurial fetchTarball fetchurl"),
  ...named("tells the version, which differs", "langVersion nixVersion"),
  ...named("tells the time", "currentTime"),
};

function named(reason: string, names: string): Readonly<Record<string, string>> {
  return Object.fromEntries(names.split(" ").map((name) => [name, reason]));
}

/** After `builtins.` or `__`, or one of those that are in scope by themselves. */
const nameOfBuiltin =
  /(?<=builtins\.|\b__)[a-zA-Z][\w']*|\b(abort|baseNameOf|builtins|derivation|dirOf|import|map|toString|throw|removeAttrs|true|false|null)\b/g;

test("Generator uses every builtin that can be compared", async () => {
  const source = { type: "text", text: "toString (builtins.attrNames builtins)", folder: "/" } as const;
  const [answer] = await askFirn([{ source, output: { type: "value", format: "raw", strict: true } }]);
  assert.equal(answer?.kind, "value");
  const names = answer?.kind === "value" ? answer.text.split(" ") : [];
  const random = new Random(1);
  const texts = Array.from({ length: 15_000 }, () => renderTree(new Generator(random).program()));
  const used = new Set(texts.flatMap((text) => [...text.matchAll(nameOfBuiltin)].map(([name]) => name)));
  assert.deepEqual(
    names.filter((name) => !used.has(name) && !(name in notCompared)),
    [],
  );
  assert.deepEqual(
    Object.keys(notCompared).filter((name) => !names.includes(name)),
    [],
  );
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
