/** `NIX_STORE_DIR`: paths for another store folder are those of real Nix; a store there cannot be written. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { evaluate } from "../api.ts";
import { realNixVersion } from "../lang-tests/real-nix.ts";

const folder = mkdtempSync(join(tmpdir(), "firn-store-dir-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const environment = {
  ...process.env,
  NIX_STORE_DIR: join(folder, "elsewhere/store"),
  NIX_STATE_DIR: join(folder, "elsewhere/var"),
};
const source = join(folder, "default.nix");
const expression = `let
  text = builtins.toFile "text" "hi";
  plain = derivation { name = "plain"; system = "x"; builder = ./default.nix; outputs = [ "out" "dev" ]; inherit text; };
  fixed = derivation { name = "fixed"; system = "x"; builder = "b"; outputHash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; };
in [ builtins.storeDir text plain.drvPath plain.dev fixed.outPath (builtins.placeholder "out") ] ++ map toString [ ./default.nix ]`;
writeFileSync(source, expression);

async function ours(readOnly: boolean): Promise<string> {
  const answer = await evaluate({
    source: { type: "file", path: source },
    root: join(folder, "root"),
    output: { type: "value", format: "json", strict: true },
    environment,
    readOnly,
  });
  return answer.type === "value" ? answer.text : "";
}

test("NIX_STORE_DIR: paths are those of real Nix", {
  skip: realNixVersion() === null ? "Nix is not installed" : false,
}, async () => {
  const args = ["--readonly-mode", "--eval", "--strict", "--json", source];
  const { stdout, stderr } = spawnSync("nix-instantiate", args, { env: environment, encoding: "utf8" });
  assert.notEqual(stdout, "", stderr);
  assert.deepEqual(JSON.parse(await ours(true)), JSON.parse(stdout));
});

test("NIX_STORE_DIR: nothing is written to another folder's store, and the error says so", async () => {
  await assert.rejects(ours(false), /NIX_STORE_DIR is '.*elsewhere\/store', but the store is '\/nix\/store'/);
});
