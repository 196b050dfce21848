import assert from "node:assert/strict";
import { test } from "node:test";
import {
  compressDigest,
  equalHashes,
  formatHash,
  type HashAlgorithm,
  hashBytes,
  parseHash,
  StreamHasher,
} from "./hash.ts";

const ALGORITHMS: readonly HashAlgorithm[] = ["md5", "sha1", "sha256", "sha512"];

test("parseHash reads every form that formatHash writes", () => {
  for (const algorithm of ALGORITHMS) {
    const hash = hashBytes(algorithm, "firn");
    for (const encoding of ["base16", "base32", "base64", "sri"] as const) {
      const text = formatHash(hash, encoding);
      assert.ok(equalHashes(parseHash(text), hash), text);
      assert.ok(equalHashes(parseHash(text, algorithm), hash), text);
      const digits = text.slice(algorithm.length + 1);
      if (encoding !== "sri") assert.ok(equalHashes(parseHash(digits, algorithm), hash), digits);
    }
  }
});

test("parseHash refuses what says no algorithm, the wrong one, or has the wrong length", () => {
  const hex = formatHash(hashBytes("sha256", ""), "base16").slice(7);
  for (const [text, algorithm] of [
    [hex, null],
    [`sha256:${hex}`, "sha1"],
    [`sha257:${hex}`, null],
    [`sha256:${hex.slice(1)}`, null],
    [`sha256-${hex}`, null],
    [`sha256:${hex.slice(1)}g`, null],
    ["sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF=", null],
    ["", "sha256"],
  ] as const) {
    assert.throws(() => parseHash(text, algorithm), { code: "STORE_BAD_HASH" }, text);
  }
});

test("hashBytes takes a byte string as bytes, not as UTF-8", () => {
  const bytes = Uint8Array.of(0x68, 0xe9, 0xff);
  assert.ok(equalHashes(hashBytes("sha256", "h\xe9\xff"), hashBytes("sha256", bytes)));
});

test("StreamHasher agrees with hashBytes and counts", () => {
  const hasher = new StreamHasher("sha1");
  hasher.update(Buffer.from("he"));
  hasher.update(Buffer.from("llo"));
  assert.equal(hasher.sizeBytes, 5);
  assert.ok(equalHashes(hasher.finish(), hashBytes("sha1", "hello")));
});

test("compressDigest folds by exclusive or", () => {
  assert.deepEqual(compressDigest(Uint8Array.of(1, 2, 3, 4, 5), 2), Uint8Array.of(1 ^ 3 ^ 5, 2 ^ 4));
});
