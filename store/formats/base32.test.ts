import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeBase32, encodeBase32 } from "./base32.ts";
import { hashBytes } from "./hash.ts";

test("encodeBase32 writes Nix's digits for the sha256 of the empty text", () => {
  const digest = hashBytes("sha256", "").digest;
  assert.equal(encodeBase32(digest), "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73");
});

test("decodeBase32 inverts encodeBase32 for every length", () => {
  for (let length = 0; length <= 70; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 89 + length * 31) & 255);
    assert.deepEqual(decodeBase32(encodeBase32(bytes)), bytes);
  }
});

test("decodeBase32 refuses foreign characters and stray bits", () => {
  assert.throws(() => decodeBase32("e"), { code: "STORE_BAD_HASH" });
  assert.throws(() => decodeBase32("zz"), { code: "STORE_BAD_HASH" });
  assert.throws(() => decodeBase32("\u0131"), { code: "STORE_BAD_HASH" });
});
