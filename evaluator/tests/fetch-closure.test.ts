/** `fetchClosure` from binary caches that real Nix made: signed, unsigned, of each compression, and tampered with. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type EvaluateOptions, evaluate } from "../api.ts";
import { realNixVersion } from "../lang-tests/real-nix.ts";

const folder = mkdtempSync(join(tmpdir(), "firn-closure-"));
const skip = realNixVersion() === null ? "Nix is not installed" : false;
const settings = "experimental-features = nix-command\nbuild-users-group =\nsandbox = false\nsubstituters =";
const environment = { ...process.env, HOME: folder, NIX_CONFIG: settings };
const source = join(folder, "source");
const compressions = ["xz", "zstd", "bzip2", "none"];
/** Content-addressed; refers to another text. */
let text = "";
/** Addressed by what built it; refers to that other text too. */
let built = "";
let key = "";

function run(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, env: environment, encoding: "utf8" });
  assert.equal(status, 0, `${program} ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

const cacheUrl = (name: string): string => `file://${join(folder, name)}`;

before(() => {
  if (skip !== false) return;
  const expression = `rec {
    dep = builtins.toFile "dep" "I am dep";
    text = derivation { name = "text"; builder = builtins.toFile "text" "refers to \${dep}"; system = builtins.currentSystem; };
    built = derivation { name = "built"; system = "builtin"; builder = "builtin:buildenv"; derivations = ""; manifest = dep; };
  }`;
  writeFileSync(join(folder, "default.nix"), expression);
  text = JSON.parse(
    run("nix-instantiate", "--store", source, "--eval", "--json", "--read-write-mode", "-A", "text.builder"),
  );
  built = run("nix-build", "--store", source, "--no-out-link", "-A", "built");
  run("nix-store", "--generate-binary-cache-key", "test-1", "secret", "public");
  key = readFileSync(join(folder, "public"), "utf8").trim();
  const copy = (name: string, options: string): string =>
    run("nix", "copy", "--from", source, "--to", `${cacheUrl(name)}?${options}`, text, built);
  for (const compression of compressions) copy(compression, `compression=${compression}&secret-key=${folder}/secret`);
  copy("unsigned", "compression=none");
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** Into a root of its own each time. */
async function read(cache: string, path: string, rest = "", options: Partial<EvaluateOptions> = {}): Promise<string> {
  const answer = await evaluate({
    source: {
      type: "text",
      text: `with builtins; let path = fetchClosure { fromStore = "${cacheUrl(cache)}"; fromPath = ${path}; ${rest} };
        in if readFileType path == "directory" then toString (attrNames (readDir path)) else readFile path`,
    },
    root: mkdtempSync(join(folder, "root-")),
    output: { type: "value", format: "raw", strict: true },
    experimentalFeatures: ["fetch-closure"],
    ...options,
  });
  return answer.type === "value" ? answer.text : "";
}

test("fetchClosure: what is content-addressed needs no signature, however it is compressed", { skip }, async () => {
  for (const cache of [...compressions, "unsigned"]) assert.match(await read(cache, text), /^refers to .*-dep$/);
});

test("fetchClosure: what is not needs inputAddressed and a key that is trusted", { skip }, async () => {
  const inputAddressed = "inputAddressed = true;";
  const trusting = { trustedPublicKeys: [key] };
  assert.match(await read("xz", built, inputAddressed, trusting), /^manifest.nix$/);
  assert.match(await read("unsigned", built, inputAddressed, { requireSigs: false }), /^manifest.nix$/);
  await assert.rejects(read("xz", built, "", trusting), /is input-addressed, but 'inputAddressed' is set to 'false'/);
  await assert.rejects(read("xz", built, inputAddressed), /lacks a signature by a trusted key/);
  await assert.rejects(read("unsigned", built, inputAddressed, trusting), /lacks a signature by a trusted key/);
});

test("fetchClosure: contents that were tampered with are refused, and so is a path that is not there", {
  skip,
}, async () => {
  cpSync(join(folder, "none"), join(folder, "tampered"), { recursive: true });
  for (const name of readdirSync(join(folder, "tampered/nar"))) {
    const file = join(folder, "tampered/nar", name);
    writeFileSync(file, readFileSync(file, "latin1").replace("I am dep", "I am bad"), "latin1");
  }
  await assert.rejects(read("tampered", text), /its contents do not have its content address/);
  const absent = `${text.slice(0, 11)}${"0".repeat(32)}-absent`;
  await assert.rejects(read("xz", absent), /unable to download .*narinfo/);
});

test("fetchClosure: what was fetched is valid for real Nix, with its references", { skip }, async () => {
  const root = mkdtempSync(join(folder, "root-"));
  await read("xz", `"${built}"`, "inputAddressed = true;", { root, trustedPublicKeys: [key] });
  assert.match(run("nix-store", "--store", root, "-q", "--references", built), /^\S+-dep$/);
  run("nix-store", "--store", root, "--verify", "--check-contents");
});
