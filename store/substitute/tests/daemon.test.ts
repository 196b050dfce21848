/** Real Nix as the client of our daemon, which fetches for it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { exportBinaryCache } from "../../cache/export-binary-cache.ts";
import { createDaemon } from "../../daemon/create-daemon.ts";
import { REAL_NIX_MISSING } from "../../local/tests/support/temporary-store.ts";
import { serveFolder } from "./cache-server.ts";
import { KEYS } from "./fixtures.ts";
import { assertComplete, scene } from "./scene.ts";

test("real nix-store realises from a cache through our daemon", { skip: REAL_NIX_MISSING }, async () => {
  using all = scene();
  await exportBinaryCache(all.source.store, [all.chain.paths[2] ?? ""], all.cache, { signingKey: KEYS.secretKey });
  await using server = await serveFolder(all.cache);
  const home = join(all.folder, "home");
  mkdirSync(home);
  const daemon = await createDaemon({
    storeUrl: all.target.root,
    overrides: [
      ["substituters", server.url],
      ["trusted-public-keys", KEYS.publicKey],
    ],
    versionText: "firn",
    forceTrust: true,
  });
  const socket = join(all.folder, "socket");
  await daemon.listen(socket);
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    NIX_CONF_DIR: home,
    NIX_CONFIG: "substituters =",
    NIX_REMOTE: `unix://${socket}?root=${all.target.root}`,
  };
  const nixStore = async (...args: string[]) => await promisify(execFile)("nix-store", args, { env, encoding: "utf8" });
  try {
    await assert.rejects(nixStore("-r", all.chain.paths[0] ?? ""), /not valid|no cache|don't know how/);
    env.NIX_CONFIG = `substituters = ${server.url}`;
    const dryRun = await nixStore("-r", "--dry-run", all.top);
    assert.match(dryRun.stderr, /these 3 paths will be fetched \(0\.00 MiB download, 0\.01 MiB unpacked\):/);
    const lib = await nixStore("-r", all.chain.paths[0] ?? "");
    assert.match(lib.stderr, new RegExp(`copying path '${all.chain.paths[0]}' from '${server.url}'`));
    const { stdout } = await nixStore("-r", all.top);
    assert.equal(stdout.trim(), all.chain.paths[2]);
  } finally {
    await daemon.close();
  }
  assertComplete(all);
});
