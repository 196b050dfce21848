import assert from "node:assert/strict";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { writeNar } from "../../formats/nar-writer.ts";
import { makeTextPath } from "../../formats/store-path.ts";
import { openLocalStore } from "../local-store.ts";
import type { Addition, LocalStore } from "../store-interface.ts";
import { temporaryStore } from "./support/temporary-store.ts";

function text(name: string, contents: string, references: readonly string[] = []): Addition {
  return { type: "text", path: makeTextPath(name, contents, references), contents, references, outputs: null };
}

function tree(store: LocalStore, name: string, source: string): Addition {
  const chunks: Buffer[] = [];
  writeNar(source, (chunk) => chunks.push(Buffer.from(chunk)));
  return { type: "tree", path: store.addPath(name, source, { dryRun: true }), nar: Buffer.concat(chunks) };
}

test("addAll adds what single additions add, with references to earlier ones of the batch", () => {
  using batched = temporaryStore();
  using single = temporaryStore();
  const source = join(batched.folder, "source");
  mkdirSync(source);
  writeFileSync(join(source, "file"), "x", { mode: 0o755 });
  symlinkSync("file", join(source, "link"));
  const folder = tree(batched.store, "source", source);
  const used = text("used", "1");
  const references = [used.path, folder.path].sort();
  const user = text("user", references.join(" "), references);
  batched.store.addAll([used, folder, user, used]);
  single.store.addPath("source", source);
  single.store.addText("used", "1", []);
  single.store.addText("user", references.join(" "), references);
  assert.deepEqual(batched.store.allValidPaths(), single.store.allValidPaths());
  for (const path of batched.store.allValidPaths()) {
    const { registrationTimeS: _batched, ...info } = batched.store.queryPathInfo(path) ?? assert.fail();
    const { registrationTimeS: _single, ...expected } = single.store.queryPathInfo(path) ?? assert.fail();
    assert.deepEqual(info, expected);
  }
  assert.deepEqual(batched.store.verify({ checkContents: true }), []);
  assert.equal(readdirSync(join(batched.root, "nix", "store")).length, 4);
});

test("addAll leaves valid paths alone, also those that another store object added", () => {
  using env = temporaryStore();
  const first = text("first", "1");
  const other = openLocalStore({ root: env.root });
  other.addAll([first]);
  const before = env.store.queryPathInfo(first.path);
  env.store.addAll([first, text("second", first.path, [first.path])]);
  assert.deepEqual(env.store.queryPathInfo(first.path), before);
  assert.equal(env.store.allValidPaths().length, 2);
  other.close();
});

test("addAll is all or nothing, and goes on afterwards", () => {
  using env = temporaryStore();
  const missing = makeTextPath("missing", "");
  const fine = text("fine", "1");
  assert.throws(() => env.store.addAll([fine, text("user", missing, [missing])]), { code: "STORE_INVALID_REFERENCE" });
  assert.deepEqual(env.store.allValidPaths(), []);
  env.store.addAll([text("other", "2"), fine]);
  assert.equal(env.store.allValidPaths().length, 2);
  assert.deepEqual(env.store.verify({ checkContents: true }), []);
});

test("addAll puts aside what a killed process left, and refuses contents at a foreign path", () => {
  using env = temporaryStore();
  const added = text("text", "1");
  symlinkSync("/nowhere", env.store.physicalPath(added.path));
  env.store.addAll([added]);
  assert.deepEqual(env.store.verify({ checkContents: true }), []);
  assert.deepEqual(readdirSync(join(env.root, "nix", "store")).length, 2);
  const wrong: Addition = { ...text("text", "1"), type: "text", contents: "2", references: [], outputs: null };
  using fresh = temporaryStore();
  assert.throws(() => fresh.store.addAll([wrong]), { code: "STORE_HASH_MISMATCH" });
});

test("addAll registers the outputs of derivations", () => {
  using env = temporaryStore();
  const drv = text("d.drv", "Derive()");
  const out = "/nix/store/vxjiwkjkn7x4079qvh1jkl5pn05j2aw0-d";
  env.store.addAll([{ ...drv, type: "text", contents: "Derive()", references: [], outputs: new Map([["out", out]]) }]);
  assert.deepEqual(env.store.queryDerivationOutputs(drv.path), new Map([["out", out]]));
});
