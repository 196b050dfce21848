import assert from "node:assert/strict";
import { test } from "node:test";
import { hashBytes, parseHash } from "./hash.ts";
import {
  hashPlaceholder,
  isStorePath,
  makeFixedOutputPath,
  makeTextPath,
  parseStorePath,
  storeNameProblem,
  toStorePath,
} from "./store-path.ts";

test("makeTextPath gives the paths of builtins.toFile", () => {
  assert.equal(makeTextPath("foo", "bar"), "/nix/store/vxjiwkjkn7x4079qvh1jkl5pn05j2aw0-foo");
  assert.equal(
    makeTextPath("baz", "x/nix/store/vxjiwkjkn7x4079qvh1jkl5pn05j2aw0-foo", [
      "/nix/store/vxjiwkjkn7x4079qvh1jkl5pn05j2aw0-foo",
    ]),
    "/nix/store/nwpx59zsdfsxbhxai9sis65zihxssqd3-baz",
  );
});

test("makeFixedOutputPath gives the paths of fixed-output derivations", () => {
  const empty = parseHash("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert.equal(makeFixedOutputPath("fix", "recursive", empty), "/nix/store/4vavzfhm22ca4g26mf3ch96sp5gckmrf-fix");
  assert.throws(() => makeFixedOutputPath("fix", "flat", empty, { references: ["/nix/store/x"] }), {
    code: "STORE_BAD_PATH",
  });
});

test("hashPlaceholder gives what builtins.placeholder gives", () => {
  assert.equal(hashPlaceholder("out"), "/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9");
});

test("parseStorePath splits, and refuses everything else", () => {
  const path = "/nix/store/vxjiwkjkn7x4079qvh1jkl5pn05j2aw0-foo";
  assert.deepEqual(parseStorePath(path), { hashPart: "vxjiwkjkn7x4079qvh1jkl5pn05j2aw0", name: "foo" });
  for (const bad of [
    `${path}/x`,
    path.slice(0, -4),
    `${path.slice(0, -3)}`,
    `/nix${path}`,
    path.replace("v", "e"),
    "",
  ]) {
    assert.equal(isStorePath(bad), false, bad);
    assert.throws(() => parseStorePath(bad), { code: "STORE_BAD_PATH" }, bad);
  }
});

test("toStorePath finds the top of a path inside the store", () => {
  const path = "/nix/store/vxjiwkjkn7x4079qvh1jkl5pn05j2aw0-foo";
  assert.equal(toStorePath(`${path}/bin/sh`), path);
  assert.equal(toStorePath(path), path);
  assert.equal(toStorePath("/etc/passwd"), null);
  assert.equal(toStorePath("/nix/store/.links/x"), null);
});

test("storeNameProblem refuses names that are no safe file names", () => {
  for (const name of ["a", ".a", "a?b=c", "x".repeat(211)]) assert.equal(storeNameProblem(name), null, name);
  for (const name of ["", ".", "..", ".-a", "..-a", "a/b", "a b", "\xe9", "a\n", "x".repeat(212)]) {
    assert.notEqual(storeNameProblem(name), null, name);
  }
});

test("makeTextPath hashes byte strings as bytes", () => {
  assert.equal(makeTextPath("n", "\xff"), makeTextPath("n", Uint8Array.of(255)));
  assert.notDeepEqual(hashBytes("sha256", "\xff").digest, hashBytes("sha256", Buffer.from("\xff", "utf8")).digest);
});
