/** Store paths of derivations of every kind, as real Nix 2.8 computes them for `fixtures/derivations.nix`. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type EvaluatedDerivation, evaluate } from "../api.ts";

const expected: Readonly<Record<string, string>> = {
  discarded: "/nix/store/p1gh9p1qcy9g0h53rz6vfc4rlpv2dxcz-discarded.drv",
  fixed: "/nix/store/6cb5nfmj6gbqc575ybjyp8ms46phqb4s-fixed.drv",
  nulls: "/nix/store/2pk7jjhjrmn5cnrw6khcamcc5lg2rnyc-nulls.drv",
  placeholders: "/nix/store/7lhz8asd1qadxnbbzmffj6412wsyfqq1-placeholders.drv",
  several: "/nix/store/j7cqqzl23qhlbayhf36hs3y0yvqanrk1-several.drv",
  simple: "/nix/store/qzd7075y0y1zpz96s69rlb73bvx2lz9s-simple.drv",
  structured: "/nix/store/vmsdkr7pgp1awhimi76wkp8z0vinfd7r-structured.drv",
  uses: "/nix/store/mvmf3jfvd9qcn7gkxvnw787cn871rcv0-uses.drv",
  whole: "/nix/store/qg893ix2ifacznvvq9j9gfx4dnk8nfzz-whole.drv",
};
const path = fileURLToPath(new URL("fixtures/derivations.nix", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "firn-derivations-"));
after(() => rmSync(root, { recursive: true, force: true }));

async function instantiate(readOnly: boolean): Promise<readonly EvaluatedDerivation[]> {
  const answer = await evaluate({
    source: { type: "file", path },
    root,
    readOnly,
    output: { type: "instantiate", select: ["args"] },
  });
  assert.equal(answer.type, "derivations");
  return answer.type === "derivations" ? answer.derivations : [];
}

for (const readOnly of [true, false]) {
  test(`evaluate: computes Nix's store paths (${readOnly ? "read-only" : "writing"})`, async () => {
    const derivations = await instantiate(readOnly);
    const found = Object.fromEntries(derivations.map(({ attributePath, drvPath }) => [attributePath, drvPath]));
    assert.deepEqual(found, expected);
  });
}

test("evaluate: tells outputs and selected attributes", async () => {
  const derivations = await instantiate(true);
  const several = derivations.find(({ name }) => name === "several");
  assert.deepEqual(Object.keys(several?.outputs ?? {}), ["out", "dev"]);
  const simple = derivations.find(({ name }) => name === "simple");
  assert.deepEqual(simple?.selected, { args: ["-c", "echo"] });
});

test("readFile: a store path's text depends on what it refers to", async () => {
  const text = `let
    a = builtins.toFile "a" "x";
    b = builtins.toFile "b" "$\{a} only";
    read = builtins.readFile b;
  in [ (builtins.attrNames (builtins.getContext read) == [ a ]) (builtins.getContext (builtins.readFile a)) ]`;
  const answer = await evaluate({
    source: { type: "text", text },
    root,
    readOnly: false,
    output: { type: "value", format: "nix", strict: true },
  });
  assert.equal(answer.type === "value" && answer.text, "[ true { } ]");
});

test("allowImportFromDerivation: false refuses to build what is read", async () => {
  const text = 'import (derivation { name = "x"; system = "s"; builder = "b"; })';
  const asked = evaluate({
    source: { type: "text", text },
    root,
    readOnly: false,
    output: { type: "value", format: "nix", strict: true },
    allowImportFromDerivation: false,
  });
  await assert.rejects(asked, /cannot build '.*-x\.drv\^out' during evaluation because the option/);
});
