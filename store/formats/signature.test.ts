import assert from "node:assert/strict";
import { test } from "node:test";
import {
  generateKeyPair,
  parsePublicKey,
  parseSecretKey,
  pathFingerprint,
  signPath,
  verifySignature,
} from "./signature.ts";

const INFO = {
  path: "/nix/store/l8fdyqchf3dlcs4049nvzaz0n6jx9gj7-foo",
  narHash: "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  narSizeBytes: 345,
  references: ["/nix/store/b", "/nix/store/a"],
};

test("pathFingerprint has Nix's form", () => {
  assert.equal(
    pathFingerprint(INFO),
    `1;${INFO.path};sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73;345;/nix/store/a,/nix/store/b`,
  );
});

test("signPath makes what verifySignature accepts, for this path only", () => {
  const pair = generateKeyPair("cache-1");
  const secret = parseSecretKey(pair.secretKey);
  assert.equal(secret.publicKeyText, pair.publicKey);
  const keys = [parsePublicKey(pair.publicKey)];
  const signature = signPath(secret, INFO);
  assert.ok(signature.startsWith("cache-1:"));
  assert.equal(verifySignature(signature, INFO, keys), true);
  assert.equal(verifySignature(signature, { ...INFO, narSizeBytes: 346 }, keys), false);
  assert.equal(verifySignature(signature.replace("cache-1", "cache-2"), INFO, keys), false);
  assert.equal(verifySignature(signature, INFO, [parsePublicKey(generateKeyPair("cache-1").publicKey)]), false);
  assert.equal(verifySignature("garbage", INFO, keys), false);
});

test("parseSecretKey and parsePublicKey refuse keys of another length", () => {
  const pair = generateKeyPair("k");
  assert.throws(() => parseSecretKey(pair.publicKey), { code: "STORE_BAD_KEY" });
  assert.throws(() => parsePublicKey(pair.secretKey), { code: "STORE_BAD_KEY" });
  assert.throws(() => parsePublicKey("no colon"), { code: "STORE_BAD_KEY" });
});
