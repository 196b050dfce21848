/*
 * The oracle for the whole distro: real Nix and our evaluator must compute the same derivations for the package set, for
 * another architecture, and for the release with its machines. A store path that differs anywhere shows up here.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const root = mkdtempSync(join(tmpdir(), "firn-distro-"));
after(() => rmSync(root, { recursive: true, force: true }));

const MAX_OUTPUT_BYTES = 64 * 2 ** 20;

async function run(command: string, args: readonly string[]): Promise<string[]> {
  const options = { cwd: project, env: { ...process.env, FIRN_ROOT: join(root, "firn") }, maxBuffer: MAX_OUTPUT_BYTES };
  const { stdout } = await promisify(execFile)(command, [...args], options);
  return stdout.split("\n").filter((line) => line !== "");
}

async function assertSameDerivations(expression: string, atLeast: number): Promise<void> {
  const ours = await run(process.execPath, ["bin/compat/nix-instantiate", "-E", expression]);
  const real = await run("nix-instantiate", ["--store", join(root, "nix"), "-E", expression]);
  assert.ok(real.length >= atLeast, `only ${real.length} derivations`);
  assert.deepEqual(ours, real);
}

test("distro: every package of the seeds is the derivation that real Nix makes of it", async () => {
  await assertSameDerivations("builtins.attrValues (import ./distro { }).seeds", 200);
});

test("distro: so is every package of another architecture", async () => {
  await assertSameDerivations('builtins.attrValues (import ./distro { crossSystem = "aarch64-linux"; }).seeds', 200);
});

test("distro: so are packages built from source, trivial builders and tests", async () => {
  const packages =
    "hello firn-driver nodejs nssModules cacert tests.boot tests.systemd tests.stdenv tests.programs makeWrapper";
  await assertSameDerivations(`with import ./distro { }; [ ${packages} ]`, 10);
});

test("distro: so are the machines of the release, its tests and its channel", async () => {
  await assertSameDerivations("import ./distro/release.nix { }", 3);
});
