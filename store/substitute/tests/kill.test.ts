/** `FIRN_KILL_MOMENTS` (50) kills of a process that fetches; `SEED` repeats a run. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { exportBinaryCache } from "../../cache/export-binary-cache.ts";
import { deleteTree } from "../../local/delete-tree.ts";
import { openLocalStore } from "../../local/local-store.ts";
import { temporaryStore } from "../../local/tests/support/temporary-store.ts";
import { serveFolder } from "./cache-server.ts";
import { KEYS } from "./fixtures.ts";
import { addManyPaths } from "./many-paths.ts";

const CHILD = join(import.meta.dirname, "fetch-child.ts");
const MOMENTS = Number(process.env["FIRN_KILL_MOMENTS"] ?? 50);
const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const PATHS = 40;

function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Kills it a moment after so many events; true when it was done before. */
async function fetchAndKill(args: readonly string[], events: number, pauseMs: number): Promise<boolean> {
  const child = spawn(process.execPath, [CHILD, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let seen = 0;
  const reached = new Promise<void>((resolve) => {
    child.stdout.on("data", (text: Buffer) => {
      seen += text.toString().split("\n").length - 1;
      if (seen >= events) resolve();
    });
  });
  const exited = once(child, "exit");
  await Promise.race([reached, exited]);
  await Promise.race([sleep(pauseMs), exited]);
  child.kill("SIGKILL");
  const [code] = await exited;
  return code === 0;
}

test(`a process that fetches, killed at ${MOMENTS} moments (SEED=${SEED})`, { timeout: 3_600_000 }, async () => {
  using source = temporaryStore();
  const top = addManyPaths(source.store, PATHS, (i) => (i % 10 === 0 ? 2_000_000 : 5000));
  const cache = join(source.folder, "cache");
  await exportBinaryCache(source.store, [top], cache, { signingKey: KEYS.secretKey });
  // the keys of the child are others: what it fetches has to be trusted for the cache's sake
  await using server = await serveFolder(cache);
  const url = `${server.url}?trusted=1`;
  const random = randomNumbers(SEED);
  const root = join(source.folder, "target");
  let kills = 0;
  for (let moment = 0; moment < MOMENTS; moment++) {
    const isDone = await fetchAndKill([root, url, top], 1 + Math.floor(random() * PATHS), random() * 20);
    if (!isDone) kills += 1;
    const store = openLocalStore({ root });
    try {
      assert.deepEqual(store.verify({ checkContents: true }), []);
      for (const path of store.allValidPaths()) {
        const { registrationTimeS: _, signatures: __, ...info } = store.queryPathInfo(path) ?? {};
        const { registrationTimeS: _a, signatures: _b, ...expected } = source.store.queryPathInfo(path) ?? {};
        assert.deepEqual({ ...info, ultimate: false }, { ...expected, ultimate: false });
      }
      if (store.isValidPath(top)) deleteTree(root);
    } finally {
      store.close();
    }
  }
  assert.ok(kills > MOMENTS / 2, `${kills} kills`);
  assert.equal(await fetchAndKill([root, url, top], Number.POSITIVE_INFINITY, 0), true);
  const store = openLocalStore({ root });
  assert.deepEqual(store.verify({ checkContents: true }), []);
  assert.deepEqual(store.computeClosure([top]).length, PATHS);
  // what the killed ones left goes with the next collection
  store.addTempRoot(top);
  store.collectGarbage();
  assert.equal(store.allValidPaths().length, PATHS);
  store.close();
});
