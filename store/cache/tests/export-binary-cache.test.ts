import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createZstdDecompress, gunzipSync } from "node:zlib";
import { NarReader } from "../../formats/nar-reader.ts";
import { hashTree } from "../../formats/nar-writer.ts";
import { parseNarInfo } from "../../formats/narinfo.ts";
import { generateKeyPair, parsePublicKey, verifySignature } from "../../formats/signature.ts";
import { canonicalizeTree } from "../../local/canonical.ts";
import { hashAndScanTree } from "../../local/reference-scan.ts";
import {
  REAL_NIX_MISSING,
  realNix,
  type TemporaryStore,
  temporaryStore,
} from "../../local/tests/support/temporary-store.ts";
import { exportBinaryCache } from "../export-binary-cache.ts";

/** Two outputs as a build leaves them, with no `ca` that would spare them the check of signatures. */
function makeOutputs({ store }: TemporaryStore): { readonly lib: string; readonly app: string } {
  const lib = "/nix/store/vxjiwkjkn7x4079qvh1jkl5pn05j2aw0-lib";
  const app = "/nix/store/4vavzfhm22ca4g26mf3ch96sp5gckmrf-app";
  const write = (path: string, contents: string | Buffer): void => {
    mkdirSync(join(store.physicalPath(path), "bin"), { recursive: true });
    writeFileSync(join(store.physicalPath(path), "bin", "file"), contents);
    canonicalizeTree(store.physicalPath(path));
  };
  write(lib, Buffer.alloc(9_000_000, "library "));
  write(app, `uses ${lib} and ${app}`);
  store.registerPaths([lib, app].map((path) => ({ path, ...hashAndScanTree(store.physicalPath(path), [lib, app]) })));
  return { lib, app };
}

test("exportBinaryCache writes a closure, signed, and keeps what is there", async () => {
  using env = temporaryStore();
  const { lib, app } = makeOutputs(env);
  const folder = join(env.folder, "cache");
  const { publicKey, secretKey } = generateKeyPair("test-1");
  const progress: string[] = [];
  const first = await exportBinaryCache(env.store, [app], folder, { onProgress: (d, n) => progress.push(`${d}/${n}`) });
  assert.deepEqual(first.addedPaths, [lib, app]);
  assert.deepEqual(progress, ["1/2", "2/2"]);
  const second = await exportBinaryCache(env.store, [app], folder, { signingKey: secretKey });
  assert.deepEqual([second.addedPaths, second.keptPaths, second.addedBytes], [[], [lib, app], 0]);
  for (const path of [lib, app]) {
    const info = parseNarInfo(readFileSync(join(folder, `${path.slice(11, 43)}.narinfo`), "latin1"));
    assert.deepEqual(info.references, env.store.queryPathInfo(path)?.references);
    assert.equal(verifySignature(info.signatures[0] ?? "", { ...info, path }, [parsePublicKey(publicKey)]), true);
    assert.equal(statSync(join(folder, info.url)).size, info.fileSizeBytes);
    const stream = createZstdDecompress();
    stream.end(readFileSync(join(folder, info.url)));
    let sizeBytes = 0;
    for await (const chunk of stream) sizeBytes += chunk.length;
    assert.equal(sizeBytes, info.narSizeBytes);
  }
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes("tmp")),
    [],
  );
});

test("exportBinaryCache writes a NAR again that is gone", async () => {
  using env = temporaryStore();
  const path = env.store.addText("foo", "bar", []);
  const folder = join(env.folder, "cache");
  await exportBinaryCache(env.store, [path], folder);
  rmSync(join(folder, "nar"), { recursive: true });
  assert.deepEqual((await exportBinaryCache(env.store, [path], folder)).addedPaths, [path]);
});

test("exportBinaryCache compresses as told", async () => {
  using env = temporaryStore();
  const path = env.store.addText("foo", "bar", []);
  const { narSizeBytes } = hashTree(env.store.physicalPath(path));
  for (const compression of ["none", "gzip"] as const) {
    const folder = join(env.folder, compression);
    await exportBinaryCache(env.store, [path], folder, { compression });
    const [name = ""] = readdirSync(join(folder, "nar"));
    const bytes = readFileSync(join(folder, "nar", name));
    const nar = compression === "gzip" ? gunzipSync(bytes) : bytes;
    assert.equal(nar.length, narSizeBytes);
    const silent = () => {};
    const handler = {
      startDirectory: silent,
      endDirectory: silent,
      startFile: silent,
      fileData: silent,
      endFile: silent,
      symlink: silent,
    };
    const reader = new NarReader(handler);
    reader.write(nar);
    reader.end();
  }
});

test("exportBinaryCache refuses what was changed since it was registered", async () => {
  using env = temporaryStore();
  const path = env.store.addText("foo", "bar", []);
  chmodSync(env.store.physicalPath(path), 0o644);
  writeFileSync(env.store.physicalPath(path), "baz");
  const folder = join(env.folder, "cache");
  await assert.rejects(exportBinaryCache(env.store, [path], folder), { code: "STORE_PATH_MODIFIED" });
  assert.deepEqual(readdirSync(folder).sort(), ["nar", "nix-cache-info"]);
  await assert.rejects(exportBinaryCache(env.store, ["/nix/store/none"], folder), { code: "STORE_INVALID_PATH" });
  await assert.rejects(exportBinaryCache(env.store, [], folder, { signingKey: "x" }), { code: "STORE_BAD_KEY" });
});

test("real Nix substitutes from it, and only with the right key", { skip: REAL_NIX_MISSING }, async () => {
  using env = temporaryStore();
  const { lib, app } = makeOutputs(env);
  const key = generateKeyPair("test-1");
  const cases = { zstd: key.publicKey, gzip: key.publicKey, none: generateKeyPair("test-1").publicKey };
  for (const compression of ["zstd", "gzip", "none"] as const) {
    const folder = join(env.folder, compression);
    await exportBinaryCache(env.store, [app], folder, { compression, signingKey: key.secretKey });
    const root = join(env.folder, `nix-${compression}`, "root");
    mkdirSync(root, { recursive: true });
    const trust = ["--option", "trusted-public-keys", cases[compression]];
    const realise = () =>
      realNix("nix-store", root, "--realise", app, "--option", "substituters", `file://${folder}`, ...trust);
    if (compression === "none") assert.throws(realise, /not signed by any of the keys/);
    else realise();
    if (compression === "none") continue;
    realNix("nix-store", root, "--verify", "--check-contents");
    assert.deepEqual(
      realNix("nix-store", root, "--query", "--requisites", app).trim().split("\n").sort(),
      [app, lib].sort(),
    );
  }
});
