/** `.drv` files for every way of addressing outputs, against real Nix: they are text, so equal paths are equal bytes. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildPaths, openLocalStore } from "#store/api.ts";
import { type EvaluateOptions, evaluate } from "../api.ts";
import { realNixVersion } from "../lang-tests/real-nix.ts";

const skip = realNixVersion() === null ? "Nix is not installed" : false;
const path = fileURLToPath(new URL("fixtures/addressing.nix", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "firn-addressing-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const experimentalFeatures = ["ca-derivations", "impure-derivations"];

async function ours(text: string, options: Partial<EvaluateOptions> = {}): Promise<string> {
  const answer = await evaluate({
    source: { type: "text", text },
    root: join(folder, "firn"),
    readOnly: false,
    output: { type: "value", format: "nix", strict: true },
    experimentalFeatures,
    ...options,
  });
  return answer.type === "value" ? answer.text : "";
}

function realNix(text: string): string {
  const args = ["--store", join(folder, "nix"), "--eval", "--strict", "--read-write-mode", "-E", text];
  const settings = [
    "--extra-experimental-features",
    experimentalFeatures.join(" "),
    "--option",
    "build-users-group",
    "",
  ];
  const nix = spawnSync("nix-instantiate", [...args, ...settings], { encoding: "utf8" });
  assert.equal(nix.status, 0, nix.stderr);
  return nix.stdout.trim();
}

test("derivations: content-addressed, deferred, impure, fixed and structured ones are real Nix's", {
  skip,
}, async () => {
  // The `.drv` file of each, and what its output is called in the scripts of others.
  const text = `builtins.concatMap (d: [ d.drvPath d.outPath ]) (builtins.attrValues (import ${path}))`;
  const expected = realNix(text);
  assert.equal(await ours(text), expected);
  assert.equal(await ours(text, { readOnly: true }), expected);
});

test("import: a .drv file gives its outputs", async () => {
  const drv = 'derivation { name = "x"; system = "s"; builder = "b"; outputs = [ "out" "dev" ]; }';
  const seen = "[ (builtins.attrNames i) i.name i.type i.dev.outputName ]";
  const same = "(i.out.outPath == d.outPath) (builtins.getContext i.dev.outPath == builtins.getContext d.dev.outPath)";
  const text = `let d = ${drv}; i = import d.drvPath; in ${seen} ++ [ ${same} ]`;
  // Real Nix says the same, but finds the file only where the store is at its logical place.
  const names = '[ "all" "dev" "drvPath" "name" "out" "outPath" "outputName" "type" ]';
  assert.equal(await ours(text), `[ ${names} "x" "derivation" "dev" true true ]`);
});

test("derivations: what is behind a feature is refused without it, with the feature's name", async () => {
  const refused = async (attributes: string, feature: string): Promise<void> => {
    const text = `(derivation { name = "x"; system = "s"; builder = "b"; ${attributes} }).drvPath`;
    const message = new RegExp(`experimental Nix feature '${feature}' is disabled`);
    await assert.rejects(ours(text, { experimentalFeatures: [] }), message);
  };
  await refused("__contentAddressed = true;", "ca-derivations");
  await refused("__impure = true;", "impure-derivations");
  await refused('outputHashMode = "text"; outputHash = "";', "dynamic-derivations");
});

test("outputOf: a known path, or what stands for it", async () => {
  const drv = (more: string): string => `(derivation { name = "x"; system = "s"; builder = "b"; ${more} })`;
  const output = (of: string): string =>
    `builtins.outputOf (builtins.unsafeDiscardOutputDependency ${of}.drvPath) "out"`;
  const plain = drv("");
  const floating = drv("__contentAddressed = true;");
  const known = `(${output(plain)} == ${plain}.outPath) (${output(floating)} == ${floating}.outPath)`;
  const text = `[ ${known} (builtins.outputOf ${floating}.outPath "out") ]`;
  const shown = await ours(text, { experimentalFeatures: ["ca-derivations", "dynamic-derivations"] });
  assert.match(shown, /^\[ true true "\/[0-9a-z]{52}" \]$/);
});

test("building: a content-addressed output is refused before anything runs", async () => {
  const drvPath = JSON.parse(
    await ours('(derivation { name = "x"; system = "s"; builder = "b"; __contentAddressed = true; }).drvPath'),
  );
  const store = openLocalStore({ root: join(folder, "firn") });
  try {
    await assert.rejects(buildPaths(store, [{ drvPath }]).result, { code: "STORE_UNKNOWN_OUTPUT_PATH" });
  } finally {
    store.close();
  }
});
