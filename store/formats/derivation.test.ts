import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDerivation, serializeDerivation } from "./derivation.ts";
import { DerivationHasher, fixedOutputOf } from "./derivation-hash.ts";
import type { Derivation } from "./derivation-type.ts";
import { formatHash } from "./hash.ts";

// Written by Nix 2.8 for a derivation with odd characters in it.
const FOO =
  'Derive([("dev","/nix/store/cz0816jnd6bhvk0pqyj9l4v49dpa0lg5-foo-dev","",""),("out","/nix/store/l8fdyqchf3dlcs4049nvzaz0n6jx9gj7-foo","","")],[],[],"x86_64-linux","/bin/sh",["-c","echo \\"$x\\" > $out"],[("builder","/bin/sh"),("dev","/nix/store/cz0816jnd6bhvk0pqyj9l4v49dpa0lg5-foo-dev"),("name","foo"),("out","/nix/store/l8fdyqchf3dlcs4049nvzaz0n6jx9gj7-foo"),("outputs","out dev"),("system","x86_64-linux"),("x","\xc3\xa9\\n\\t\\r\\\\")])';
const FIX =
  'Derive([("out","/nix/store/4vavzfhm22ca4g26mf3ch96sp5gckmrf-fix","r:sha256","e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")],[],[],"x86_64-linux","/bin/sh",[],[("builder","/bin/sh"),("name","fix"),("out","/nix/store/4vavzfhm22ca4g26mf3ch96sp5gckmrf-fix"),("outputHash","sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),("outputHashMode","recursive"),("system","x86_64-linux")])';
const BAR =
  'Derive([("out","/nix/store/3ni30qss5nmx0cii6i6njrg4l1zdvkn9-bar","","")],[("/nix/store/6fbvgg2f32x0926kb5wn1m1cvxb7d5wx-foo.drv",["dev","out"]),("/nix/store/88mmxj11iqyr7s77i6zarzc7l2c0d89c-fix.drv",["out"])],["/nix/store/w80pykxax3ss4nllisiqjm1sm9wc8fnh-a.nix"],"x86_64-linux","/bin/sh",[],[("builder","/bin/sh"),("name","bar"),("out","/nix/store/3ni30qss5nmx0cii6i6njrg4l1zdvkn9-bar"),("s","/nix/store/w80pykxax3ss4nllisiqjm1sm9wc8fnh-a.nix"),("system","x86_64-linux"),("w","/nix/store/4vavzfhm22ca4g26mf3ch96sp5gckmrf-fix"),("y","/nix/store/l8fdyqchf3dlcs4049nvzaz0n6jx9gj7-foo"),("z","/nix/store/cz0816jnd6bhvk0pqyj9l4v49dpa0lg5-foo-dev")])';
const TEXT_OF: Readonly<Record<string, string>> = {
  "/nix/store/6fbvgg2f32x0926kb5wn1m1cvxb7d5wx-foo.drv": FOO,
  "/nix/store/88mmxj11iqyr7s77i6zarzc7l2c0d89c-fix.drv": FIX,
};

function hasher(): DerivationHasher {
  return new DerivationHasher((drvPath) => parseDerivation(TEXT_OF[drvPath] ?? assert.fail(drvPath)));
}

function withoutPaths(derivation: Derivation): Derivation {
  const outputs = new Map([...derivation.outputs].map(([name, output]) => [name, { ...output, path: "" }]));
  const env = new Map([...derivation.env].filter(([name]) => !outputs.has(name)));
  return { ...derivation, outputs, env };
}

test("serializeDerivation gives back the bytes that parseDerivation read", () => {
  for (const text of [FOO, FIX, BAR]) assert.equal(serializeDerivation(parseDerivation(text)), text);
});

test("serializeDerivation sorts what is out of order and drops what is there twice", () => {
  const parsed = parseDerivation(BAR);
  const shuffled: Derivation = {
    ...parsed,
    inputDrvs: new Map([...parsed.inputDrvs].reverse().map(([path, names]) => [path, [...names, ...names].reverse()])),
    inputSrcs: [...parsed.inputSrcs, ...parsed.inputSrcs],
    env: new Map([...parsed.env].reverse()),
  };
  assert.equal(serializeDerivation(shuffled), BAR);
});

test("parseDerivation undoes escapes", () => {
  assert.equal(parseDerivation(FOO).env.get("x"), "\xc3\xa9\n\t\r\\");
});

test("parseDerivation refuses anything cut, doubled or trailing", () => {
  for (let end = 0; end < FOO.length; end++) {
    assert.throws(() => parseDerivation(FOO.slice(0, end)), { code: "STORE_BAD_DERIVATION" }, `cut at ${end}`);
  }
  const bad = [
    `${FOO} `,
    FOO.replace("[],[]", "[],[,]"),
    FOO.replace("[],[]", '[],["relative"]'),
    FOO.replace("[],[]", '[("relative",["out"])],[]'),
    FOO.replace('("name","foo")', '("name","foo"),("name","foo")'),
    FOO.replace("Derive", "derive"),
    FOO.replace('"/nix/store/cz', '"nix/store/cz'),
  ];
  for (const text of bad) assert.throws(() => parseDerivation(text), { code: "STORE_BAD_DERIVATION" }, text);
});

test("DerivationHasher fills in the output paths that Nix computed", () => {
  for (const [name, text] of Object.entries({ foo: FOO, fix: FIX, bar: BAR })) {
    const finished = hasher().finish(name, withoutPaths(parseDerivation(text)));
    assert.equal(finished.contents, text);
    assert.equal(serializeDerivation(finished.derivation), text);
  }
});

test("DerivationHasher reads each input once", () => {
  const read: string[] = [];
  const counting = new DerivationHasher((drvPath) => {
    read.push(drvPath);
    return parseDerivation(TEXT_OF[drvPath] ?? assert.fail(drvPath));
  });
  counting.finish("bar", withoutPaths(parseDerivation(BAR)));
  counting.finish("bar", withoutPaths(parseDerivation(BAR)));
  assert.equal(read.length, 2);
});

test("fixedOutputOf tells fixed outputs from others", () => {
  assert.equal(fixedOutputOf(parseDerivation(FOO)), null);
  const fixed = fixedOutputOf(parseDerivation(FIX));
  assert.equal(fixed?.method, "recursive");
  assert.equal(fixed && formatHash(fixed.hash, "sri"), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
});
