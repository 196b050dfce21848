import assert from "node:assert/strict";
import { test } from "node:test";
import { formatHashText, HashTextError, parseHashText } from "./hash-text.ts";

// Of the empty string, as `nix hash` of real Nix prints them.
const base16 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const nix32 = "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73";
const base64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

test("parseHashText: all forms of a hash mean the same", () => {
  for (const text of [base16, nix32, base64, `sha256:${base16}`, `sha256:${nix32}`, `sha256-${base64}`]) {
    const hash = parseHashText(text, "sha256");
    assert.equal(formatHashText(hash, "base16"), base16);
    assert.equal(formatHashText(hash, "nix32"), nix32);
    assert.equal(formatHashText(hash, "base64"), base64);
    assert.equal(formatHashText(hash, "sri"), `sha256-${base64}`);
  }
});

test("parseHashText: refuses what is no hash", () => {
  for (const text of ["", "xyz", base16.slice(1), `${nix32.slice(1)}e`, `sha1:${base16}`]) {
    assert.throws(() => parseHashText(text, "sha256"), HashTextError);
  }
  assert.throws(() => parseHashText(base16, null), /does not include a type/);
});
