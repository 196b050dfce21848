/** Fetching by the commands, held to what real Nix prints. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { exportBinaryCache } from "#store/api.ts";
import { REAL_NIX_MISSING } from "#store/local/tests/support/temporary-store.ts";
import { serveFolder } from "#store/substitute/tests/cache-server.ts";
import { fillChain, KEYS } from "#store/substitute/tests/fixtures.ts";
import { BuildWorkshop } from "#store/tests/build-workshop.ts";

const compat = fileURLToPath(new URL("../../bin/compat/", import.meta.url));
const EXPRESSION = `let
  make = name: before: derivation { inherit name before; system = "x86_64-linux"; builder = "/bin/none"; };
  lib = make "lib" null; app = make "app" lib; top = make "top" app; other = make "other" [ top lib ];
in { inherit lib app top other; }`;

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

test("nix-build and nix-store fetch from caches, and say what they would fetch as Nix does", {
  skip: REAL_NIX_MISSING,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "firn-cli-substitute-"));
  using shop = new BuildWorkshop();
  const file = join(folder, "default.nix");
  writeFileSync(file, EXPRESSION);
  mkdirSync(join(folder, "home"));
  const settings = (urls: string): string =>
    `substituters = ${urls}\ntrusted-public-keys = ${KEYS.publicKey}\nbuild-users-group =\n`;
  const run = async (command: string, args: readonly string[], config: string): Promise<Run> => {
    const env = { PATH: process.env["PATH"], HOME: join(folder, "home"), NIX_CONF_DIR: folder, NIX_CONFIG: config };
    const { execFile } = await import("node:child_process");
    return await new Promise((resolve) => {
      const child = execFile(command, [...args], { env, encoding: "utf8", cwd: folder }, (_error, stdout, stderr) =>
        resolve({ status: child.exitCode, stdout, stderr }),
      );
    });
  };
  try {
    const ours = join(folder, "ours");
    const theirs = join(folder, "theirs");
    const attributes = ["lib", "app", "top"];
    const drvPaths = attributes.map((attribute) => {
      const { stdout } = spawnSync(join(compat, "nix-instantiate"), [file, "-A", attribute, "--store", shop.root], {
        encoding: "utf8",
      });
      return stdout.trim();
    });
    const paths = drvPaths.map((drvPath) => shop.outputOf(drvPath));
    fillChain(shop, { drvPaths, paths }, 300_000);
    await exportBinaryCache(shop.store, [paths[2] ?? ""], join(folder, "cache"), { signingKey: KEYS.secretKey });
    await using server = await serveFolder(join(folder, "cache"));
    const config = settings(server.url);
    for (const attribute of ["top", "other"]) {
      const args = ["--dry-run", file, "-A", attribute];
      const expected = await run("nix-build", ["--store", theirs, ...args], config);
      const found = await run(join(compat, "nix-build"), ["--store", ours, ...args], config);
      assert.equal(found.stderr, expected.stderr);
      assert.match(found.stderr, /these 3 paths will be fetched \(0\.00 MiB download, 0\.86 MiB unpacked\):/);
      assert.equal(found.status, 0);
    }
    const refused = await run(join(compat, "nix-store"), ["--store", ours, "-r", paths[0] ?? ""], "");
    assert.match(refused.stderr, /Cannot make '.*-lib' valid: no cache has it/);
    const one = await run(join(compat, "nix-store"), ["--store", ours, "-r", paths[0] ?? ""], config);
    assert.deepEqual([one.status, one.stdout], [0, `${paths[0]}\n`], one.stderr);
    const all = await run(join(compat, "nix-build"), ["--store", ours, file, "-A", "top", "--no-out-link"], config);
    assert.deepEqual([all.status, all.stdout], [0, `${paths[2]}\n`], all.stderr);
    assert.match(all.stderr, /^fetched 2 paths in /);
    const flags = ["--store", join(folder, "third"), file, "-A", "top", "--no-out-link"];
    const none = await run(join(compat, "nix-build"), [...flags, "--option", "substitute", "false"], config);
    assert.equal(none.status, 100);
    const named = ["--option", "substituters", server.url, "--option", "trusted-public-keys", KEYS.publicKey];
    const some = await run(join(compat, "nix-build"), [...flags, ...named], "");
    assert.equal(some.status, 0, some.stderr);
  } finally {
    spawnSync("chmod", ["-R", "u+w", folder]);
    rmSync(folder, { recursive: true });
  }
});
