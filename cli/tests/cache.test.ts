/** `firn cache` and `firn copy` as users run them, with real Nix on the other side. */
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openLocalStore } from "#store/api.ts";
import { generateKeyPair } from "#store/formats/signature.ts";
import { REAL_NIX_MISSING } from "#store/local/tests/support/temporary-store.ts";

const firn = fileURLToPath(new URL("../../bin/firn", import.meta.url));

interface Place extends Disposable {
  readonly folder: string;
  readonly root: string;
  /** Refers to nothing, has no content address. */
  readonly path: string;
  readonly publicKey: string;
  run(...args: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string };
  nix(root: string, urls: string): string;
}

function place(): Place {
  const folder = mkdtempSync(join(tmpdir(), "firn-cli-cache-"));
  const root = join(folder, "root");
  const store = openLocalStore({ root });
  writeFileSync(join(folder, "source"), Buffer.alloc(5_000_000, "five million bytes "));
  const added = store.addPath("source", join(folder, "source"));
  const path = added.replace(/\/[^-/]*-source$/, "/4vavzfhm22ca4g26mf3ch96sp5gckmrf-source");
  execFileSync("cp", ["-a", store.physicalPath(added), store.physicalPath(path)]);
  const { narHash = "", narSizeBytes = 0 } = store.queryPathInfo(added) ?? {};
  store.registerPaths([{ path, narHash, narSizeBytes, references: [] }]);
  store.close();
  const keys = generateKeyPair("cli-1");
  writeFileSync(join(folder, "secret.key"), keys.secretKey);
  const env = { ...process.env, FIRN_ROOT: root, HOME: folder, NIX_CONF_DIR: folder, NIX_CONFIG: "" };
  return {
    folder,
    root,
    path,
    publicKey: keys.publicKey,
    run: (...args) => spawnSync(firn, [...args], { encoding: "utf8", env, cwd: folder }),
    nix: (into, urls) =>
      execFileSync("nix-store", ["--store", into, "-r", path], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          ...env,
          NIX_CONFIG: `substituters = ${urls}\ntrusted-public-keys = ${keys.publicKey}\nbuild-users-group =\n`,
        },
      }),
    [Symbol.dispose]() {
      spawnSync("chmod", ["-R", "u+w", folder]);
      rmSync(folder, { recursive: true });
    },
  };
}

test("firn cache serve serves real Nix until it is asked to end", { skip: REAL_NIX_MISSING }, async () => {
  using at = place();
  const server = spawn(firn, ["cache", "serve", "--listen", "0", "--secret-key", "secret.key", "-v"], {
    cwd: at.folder,
    env: { ...process.env, FIRN_ROOT: at.root, HOME: at.folder, NIX_CONF_DIR: at.folder },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  server.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  while (!said.includes("\n")) await once(server.stderr, "data");
  const [, url = ""] = /at (http:\S+)/.exec(said) ?? [];
  const { promisify } = await import("node:util");
  const { execFile } = await import("node:child_process");
  const info = await promisify(execFile)(firn, ["cache", "info", url]);
  assert.equal(info.stdout, "StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 40\n");
  const target = join(at.folder, "target");
  mkdirSync(target);
  assert.equal(at.nix(target, url), `${at.path}\n`);
  const named = ["--option", "trusted-public-keys", at.publicKey];
  const copied = await promisify(execFile)(firn, [
    "copy",
    "--from",
    url,
    ...named,
    "--store",
    join(at.folder, "copy"),
    at.path,
  ]);
  assert.match(copied.stderr, /^fetched 1 path in /);
  server.kill("SIGTERM");
  const [code] = await once(server, "exit");
  assert.equal(code, 130);
  assert.match(said, /^200 GET \/4vavzfhm22ca4g26mf3ch96sp5gckmrf\.narinfo$/m);
});

for (const compression of ["xz", "zstd", "gzip", "none"]) {
  test(`firn copy --to and firn cache push write caches with ${compression} that real Nix reads`, {
    skip: REAL_NIX_MISSING,
  }, () => {
    using at = place();
    const url = `file://${at.folder}/cache?compression=${compression}&secret-key=${at.folder}/secret.key`;
    const copied = at.run("copy", "--to", url, at.path);
    assert.deepEqual([copied.status, copied.stderr.split(" (")[0]], [0, "1 paths added"], copied.stderr);
    const pushed = at.run("cache", "push", url, at.path);
    assert.match(pushed.stderr, /^0 paths added \(.*\), 1 were there already/);
    const narinfo = readFileSync(join(at.folder, "cache", "4vavzfhm22ca4g26mf3ch96sp5gckmrf.narinfo"), "utf8");
    assert.match(narinfo, new RegExp(`^Compression: ${compression}$`, "m"));
    assert.equal(at.nix(join(at.folder, "target"), `file://${at.folder}/cache`), `${at.path}\n`);
  });
}

test("wrong use of firn cache and firn copy is told", () => {
  using at = place();
  for (const args of [
    ["cache"],
    ["cache", "serve", "x"],
    ["cache", "push", "x"],
    ["copy", at.path],
    ["copy", "--to", "x"],
  ]) {
    assert.equal(at.run(...args).status, 2, args.join(" "));
  }
  assert.equal(at.run("cache", "serve", "--compression", "lzma").status, 2);
  assert.match(
    at.run("cache", "info", at.folder).stderr,
    /Cannot use '.*' as a binary cache: it has no 'nix-cache-info'/,
  );
  assert.match(at.run("cache", "push", "http://127.0.0.1:1", at.path).stderr, /Cannot write to 'http:/);
  assert.match(
    at.run("cache", "push", "x", "--secret-key", "nowhere", at.path).stderr,
    /Cannot read the secret key 'nowhere'/,
  );
});
