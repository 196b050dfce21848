/** What an evaluation writes: it is there before anything reads it and before the answer, and failing to write is told. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { openLocalStore } from "#store/api.ts";
import { type EvaluationAnswer, evaluate } from "../api.ts";

const folder = mkdtempSync(join(tmpdir(), "firn-writes-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function run(text: string, root: string): Promise<EvaluationAnswer> {
  return evaluate({
    source: { type: "text", text },
    folder,
    root,
    readOnly: false,
    output: { type: "value", format: "json", strict: true },
  });
}

async function resultOf(text: string, root: string): Promise<unknown> {
  const answer = await run(text, root);
  return answer.type === "value" ? JSON.parse(answer.text) : assert.fail();
}

const drv = `derivation { name = "d"; system = "x"; builder = "/b"; `;

test("evaluate: reads texts, derivations and sources that it has just added", async () => {
  const root = join(folder, "reads");
  mkdirSync(join(folder, "tree"));
  writeFileSync(join(folder, "tree", "file"), "contents");
  assert.equal(await resultOf(`import (builtins.toFile "x.nix" "1 + 1")`, root), 2);
  assert.match(String(await resultOf(`builtins.readFile (${drv} }).drvPath`, root)), /^Derive\(/);
  assert.equal(await resultOf(`builtins.readFile "\${./tree}/file"`, root), "contents");
  assert.deepEqual(await resultOf(`builtins.readDir "\${./tree}"`, root), { file: "regular" });
});

test("evaluate: all that an answer depends on is valid, many derivations with references among them", async () => {
  const root = join(folder, "many");
  const last = await resultOf(
    `(builtins.foldl' (before: n: ${drv} inherit before n; source = ./tree; text = builtins.toFile "t" (toString n); })
       null (builtins.genList (n: n) 300)).drvPath`,
    root,
  );
  const store = openLocalStore({ root });
  try {
    assert.equal(store.computeClosure([String(last)]).length, 300 + 300 + 1);
    assert.deepEqual(store.verify({ checkContents: true }), []);
  } finally {
    store.close();
  }
});

test("evaluate: a reference that is not valid is told with its place", async () => {
  const text = `builtins.toFile "x" (builtins.appendContext "x" { "/nix/store/vxjiwkjkn7x4079qvh1jkl5pn05j2aw0-foo".path = true; })`;
  await assert.rejects(run(text, join(folder, "invalid")), (error: Error & { details?: string }) => {
    assert.match(error.message, /refers to '\/nix\/store\/vxji.*-foo', which is not valid/);
    return true;
  });
});

test("evaluate: a full disk ends the evaluation with the store's error", async (t: TestContext) => {
  const disk = join(folder, "disk");
  mkdirSync(disk);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", disk], { stdio: "pipe" });
  } catch {
    t.skip("mounting a tmpfs is not allowed here");
    return;
  }
  try {
    const text = `let large = builtins.concatStringsSep "" (builtins.genList (n: "0123456789") 10000); in
      builtins.genList (n: builtins.toFile "t" "\${toString n} \${large}") 200`;
    await assert.rejects(run(text, disk), { code: "STORE_DISK_FULL", exitCode: 3 });
    const store = openLocalStore({ root: disk });
    assert.deepEqual(store.verify({ checkContents: true }), []);
    store.collectGarbage();
    store.close();
    assert.deepEqual(readdirSync(join(disk, "nix", "store")), [".links"]);
  } finally {
    execFileSync("umount", [disk]);
  }
});
