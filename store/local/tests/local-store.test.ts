import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DerivationHasher } from "../../formats/derivation-hash.ts";
import type { Derivation } from "../../formats/derivation-type.ts";
import { hashTree, writeNar } from "../../formats/nar-writer.ts";
import { openLocalStore } from "../local-store.ts";
import { temporaryStore } from "./support/temporary-store.ts";

test("addText makes a canonical, registered file and is a no-op the second time", () => {
  using env = temporaryStore();
  const path = env.store.addText("foo", "bar", []);
  assert.equal(path, "/nix/store/vxjiwkjkn7x4079qvh1jkl5pn05j2aw0-foo");
  const stat = lstatSync(env.store.physicalPath(path));
  assert.equal(stat.mode & 0o7777, 0o444);
  assert.equal(stat.mtimeMs, 1000);
  assert.equal(env.store.addText("foo", "bar", []), path);
  const info = env.store.queryPathInfo(path);
  assert.equal(info?.narHash, hashTree(env.store.physicalPath(path)).narHash);
  assert.equal(info?.ca, "text:sha256:1fcgpy7vc4ammr7s17j2xq88scswkgz23dqzc04g8sx5vcp2pppw");
  assert.deepEqual(env.store.verify({ checkContents: true }), []);
});

test("addText refuses references that are not valid, and leaves nothing", () => {
  using env = temporaryStore();
  const missing = "/nix/store/vxjiwkjkn7x4079qvh1jkl5pn05j2aw0-foo";
  assert.throws(() => env.store.addText("x", missing, [missing]), { code: "STORE_INVALID_REFERENCE" });
  assert.deepEqual(env.store.allValidPaths(), []);
});

test("addPath copies a tree in canonical form whatever modes the source has", () => {
  using env = temporaryStore();
  const source = join(env.folder, "source");
  mkdirSync(join(source, "sub"), { recursive: true });
  writeFileSync(join(source, "sub", "run"), "x");
  chmodSync(join(source, "sub", "run"), 0o700);
  symlinkSync("sub/run", join(source, "link"));
  const path = env.store.addPath("tree", source);
  const physical = env.store.physicalPath(path);
  assert.equal(lstatSync(join(physical, "sub", "run")).mode & 0o7777, 0o555);
  assert.equal(lstatSync(join(physical, "sub")).mtimeMs, 1000);
  assert.equal(hashTree(physical).narHash, hashTree(source).narHash);
  assert.equal(env.store.addPath("tree", source, { dryRun: true }), path);
  chmodSync(join(source, "sub", "run"), 0o600);
  assert.notEqual(env.store.addPath("tree", source), path);
  assert.deepEqual(readdirSync(join(env.root, "nix", "store")).length, 3);
});

test("addPath with a filter leaves out what it refuses", () => {
  using env = temporaryStore();
  const source = join(env.folder, "source");
  mkdirSync(join(source, ".git"), { recursive: true });
  writeFileSync(join(source, ".git", "x"), "");
  writeFileSync(join(source, "kept"), "");
  const path = env.store.addPath("tree", source, { filter: (name) => !name.endsWith("/.git") });
  assert.deepEqual(readdirSync(env.store.physicalPath(path)), ["kept"]);
});

test("addPath takes trees larger than it holds in memory", () => {
  using env = temporaryStore();
  const source = join(env.folder, "large");
  writeFileSync(source, Buffer.alloc(40 * 1024 * 1024, "firn"));
  const path = env.store.addPath("large", source);
  assert.equal(env.store.addPath("large", source), path);
  assert.deepEqual(env.store.verify({ checkContents: true }), []);
  assert.deepEqual(readdirSync(join(env.root, "nix", "store")).sort(), [".links", path.slice(11)].sort());
});

test("addDerivation registers references and outputs", () => {
  using env = temporaryStore();
  const source = env.store.addText("src", "x", []);
  const env0: [string, string][] = [["name", "d"]];
  const empty: Derivation = {
    outputs: new Map([["out", { path: "", hashAlgorithm: "", hash: "" }]]),
    inputDrvs: new Map(),
    inputSrcs: [source],
    platform: "x86_64-linux",
    builder: "/bin/sh",
    args: [],
    env: new Map(env0),
  };
  const hasher = new DerivationHasher((drvPath) => env.store.readDerivation(drvPath));
  const derivation = hasher.finish("d", empty).derivation;
  const drvPath = env.store.addDerivation("d", derivation);
  const output = derivation.outputs.get("out")?.path ?? "";
  assert.deepEqual(env.store.readDerivation(drvPath), derivation);
  assert.deepEqual(env.store.queryPathInfo(drvPath)?.references, [source]);
  assert.deepEqual([...env.store.queryDerivationOutputs(drvPath)], [["out", output]]);
  assert.deepEqual(env.store.queryValidDerivers(output), [drvPath]);
  assert.deepEqual(env.store.queryReferrers(source), [drvPath]);
  assert.equal(env.store.queryPathFromHashPart(drvPath.slice(11, 43)), drvPath);
  assert.equal(env.store.queryPathFromHashPart("0".repeat(32)), null);
});

test("registerPaths takes references among its paths and refuses cycles", () => {
  using env = temporaryStore();
  const a = "/nix/store/vxjiwkjkn7x4079qvh1jkl5pn05j2aw0-a";
  const b = "/nix/store/4vavzfhm22ca4g26mf3ch96sp5gckmrf-b";
  const info = (path: string, references: string[]) => ({ path, references, narHash: "sha256:00", narSizeBytes: 1 });
  assert.throws(() => env.store.registerPaths([info(a, [b]), info(b, [a])]), { code: "STORE_REFERENCE_CYCLE" });
  assert.deepEqual(env.store.allValidPaths(), []);
  env.store.registerPaths([info(a, [a, b]), info(b, [])]);
  assert.deepEqual(env.store.queryPathInfo(a)?.references, [b, a]);
  assert.deepEqual(env.store.computeClosure([a]), [b, a]);
  assert.throws(() => env.store.computeClosure(["/nix/store/none"]), { code: "STORE_INVALID_PATH" });
});

test("importNar makes valid what fits its announcement, and nothing else", () => {
  using env = temporaryStore();
  const source = env.store.physicalPath(env.store.addText("foo", "bar", []));
  const chunks: Buffer[] = [];
  writeNar(source, (chunk) => chunks.push(Buffer.from(chunk)));
  const nar = Buffer.concat(chunks);
  const path = "/nix/store/4vavzfhm22ca4g26mf3ch96sp5gckmrf-copy";
  const right = { path, references: [], narHash: hashTree(source).narHash, narSizeBytes: nar.length };
  const add = (info: typeof right, bytes: Buffer): boolean => {
    const incoming = env.store.importNar(info);
    try {
      incoming.write(bytes);
      return incoming.commit();
    } finally {
      incoming.close();
    }
  };
  assert.throws(() => add({ ...right, narHash: `sha256:${"0".repeat(64)}` }, nar), { code: "STORE_HASH_MISMATCH" });
  assert.throws(() => add({ ...right, narSizeBytes: 1 }, nar), { code: "STORE_HASH_MISMATCH" });
  assert.throws(() => add(right, nar.subarray(8)), { code: "STORE_HASH_MISMATCH" });
  assert.equal(env.store.isValidPath(path), false);
  assert.equal(add(right, nar), true);
  assert.equal(add(right, nar), false);
  assert.deepEqual(env.store.verify({ checkContents: true }), []);
});

test("addSignatures adds to those that are there", () => {
  using env = temporaryStore();
  const path = env.store.addText("foo", "bar", []);
  env.store.addSignatures(path, ["k:1"]);
  env.store.addSignatures(path, ["k:1", "a:2"]);
  assert.deepEqual(env.store.queryPathInfo(path)?.signatures, ["a:2", "k:1"]);
});

test("collectGarbage keeps what roots reach and deletes the rest, also leftovers", () => {
  using env = temporaryStore();
  const kept = env.store.addText("kept", "1", []);
  const user = env.store.addText("user", kept, [kept]);
  const dead = env.store.addText("dead", "2", []);
  const deadUser = env.store.addText("dead-user", dead, [dead]);
  const link = env.store.addIndirectRoot(join(env.folder, "result"), user);
  // A second store on the root, once the first one's temporary roots are gone.
  env.store.close();
  const store = openLocalStore({ root: env.root });
  try {
    writeFileSync(store.physicalPath("/nix/store/rubbish"), "");
    assert.deepEqual([...store.findRoots()], [[link, user]]);
    const planned = store.collectGarbage({ dryRun: true });
    assert.deepEqual(planned.deletedPaths, ["/nix/store/rubbish", deadUser, dead]);
    assert.deepEqual(store.collectGarbage().deletedPaths, planned.deletedPaths);
    assert.deepEqual(store.allValidPaths().sort(), [kept, user].sort());
    assert.deepEqual(readdirSync(join(env.root, "nix", "store")).length, 3);
    assert.throws(() => store.collectGarbage({ paths: [kept] }), { code: "STORE_PATH_ALIVE" });
    unlinkSync(link);
    assert.deepEqual(store.collectGarbage({ paths: [kept] }).deletedPaths, [user, kept]);
    assert.equal(store.findRoots().size, 0);
    assert.deepEqual(readdirSync(join(env.root, "nix", "var", "nix", "gcroots", "auto")), []);
  } finally {
    store.close();
  }
});

test("collectGarbage spares temporary roots of other open stores", () => {
  using env = temporaryStore();
  const path = env.store.addText("held", "1", []);
  const other = openLocalStore({ root: env.root });
  try {
    assert.deepEqual(other.collectGarbage().deletedPaths, []);
    assert.ok(existsSync(env.store.physicalPath(path)));
  } finally {
    other.close();
  }
});

test("collectGarbage stops when enough is freed", () => {
  using env = temporaryStore();
  const sizes = [1, 2, 3].map(
    (i) => env.store.queryPathInfo(env.store.addText(`t${i}`, `${i}`, []))?.narSizeBytes ?? 0,
  );
  env.store.close();
  const store = openLocalStore({ root: env.root });
  const wanted = (sizes[0] ?? 0) + 1;
  assert.equal(store.collectGarbage({ maxFreedBytes: wanted }).deletedPaths.length, 2);
  assert.equal(store.allValidPaths().length, 1);
  assert.equal(store.collectGarbage({ maxFreedBytes: 0 }).deletedPaths.length, 0);
  store.close();
});

test("openLocalStore refuses a root that is no folder", () => {
  using env = temporaryStore();
  const file = join(env.folder, "file");
  writeFileSync(file, "");
  assert.throws(() => openLocalStore({ root: file }), { code: "STORE_BAD_ROOT" });
});

test("addIndirectRoot replaces a root and refuses anything else", () => {
  using env = temporaryStore();
  const path = env.store.addText("a", "1", []);
  const link = join(env.folder, "result");
  env.store.addIndirectRoot(link, path);
  env.store.addIndirectRoot(link, env.store.addText("b", "2", []));
  writeFileSync(join(env.folder, "file"), "precious");
  assert.throws(() => env.store.addIndirectRoot(join(env.folder, "file"), path), { code: "STORE_ROOT_EXISTS" });
  assert.equal(readFileSync(join(env.folder, "file"), "utf8"), "precious");
});

test("verify says what is missing and what was changed", () => {
  using env = temporaryStore();
  const gone = env.store.addText("gone", "1", []);
  const changed = env.store.addText("changed", "2", []);
  unlinkSync(env.store.physicalPath(gone));
  chmodSync(env.store.physicalPath(changed), 0o644);
  writeFileSync(env.store.physicalPath(changed), "3");
  const problems = env.store.verify({ checkContents: true }).sort();
  assert.equal(problems.length, 2);
  assert.ok(problems.some((line) => line.includes(gone) && line.includes("not on disk")));
  assert.ok(problems.some((line) => line.includes(changed) && line.includes("was modified")));
});

test("openLocalStore refuses a schema it does not know", () => {
  using env = temporaryStore();
  writeFileSync(join(env.root, "nix", "var", "nix", "db", "schema"), "11");
  assert.throws(() => openLocalStore({ root: env.root }), { code: "STORE_BAD_SCHEMA" });
});
