/**
 * Kills, crowds and a full disk. `FAULT_MOMENTS=200` for more kills, `SEED=` for another run of the same kind.
 */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openLocalStore } from "../local-store.ts";
import type { LocalStore } from "../store-interface.ts";
import { seededRandom } from "./support/seeded-random.ts";
import { REAL_NIX_MISSING, realNix, temporaryStore } from "./support/temporary-store.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const MOMENTS = Number(process.env["FAULT_MOMENTS"] ?? 25);
const CHURN = new URL("./support/churn.ts", import.meta.url).pathname;

function churn(root: string, seed: number, rounds?: number): ChildProcess {
  const args = [CHURN, root, `${seed}`, ...(rounds === undefined ? [] : [`${rounds}`])];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
}

async function killedAfter(root: string, seed: number, delayMs: number): Promise<void> {
  const child = churn(root, seed);
  const ended = once(child, "exit");
  const error: Buffer[] = [];
  child.stderr?.on("data", (chunk: Buffer) => error.push(chunk));
  await Promise.race([once(child.stdout ?? child, "data"), ended]);
  await sleep(delayMs);
  child.kill("SIGKILL");
  const [, signal] = await ended;
  assert.equal(signal, "SIGKILL", Buffer.concat(error).toString());
}

test("a store verifies after kill -9 at any moment, and the next collection leaves no leftovers", async (t) => {
  t.diagnostic(`SEED=${SEED} FAULT_MOMENTS=${MOMENTS}`);
  using env = temporaryStore();
  env.store.close();
  const random = seededRandom(SEED);
  for (let moment = 0; moment < MOMENTS; moment++) {
    await killedAfter(env.root, random(1e9), random(120));
    const store = openLocalStore({ root: env.root });
    try {
      assert.deepEqual(store.verify({ checkContents: true }), [], `after kill ${moment}`);
    } finally {
      store.close();
    }
  }
  if (REAL_NIX_MISSING === false) realNix("nix-store", env.root, "--verify", "--check-contents");
  const store = openLocalStore({ root: env.root });
  store.collectGarbage();
  assert.deepEqual(store.allValidPaths(), []);
  assert.deepEqual(readdirSync(join(env.root, "nix", "store")), [".links"]);
  store.close();
});

test("processes that add and collect the same paths at once do not hurt each other", async (t) => {
  t.diagnostic(`SEED=${SEED}`);
  using env = temporaryStore();
  env.store.close();
  const ends = [1, 2, 3].map((number) => finished(churn(env.root, SEED + number, 60)));
  for (const output of await Promise.all(ends)) assert.equal(output, "");
  const store = openLocalStore({ root: env.root });
  assert.deepEqual(store.verify({ checkContents: true }), []);
  store.collectGarbage();
  assert.deepEqual(readdirSync(join(env.root, "nix", "store")), [".links"]);
  store.close();
});

/** What a child said on standard error, with its exit code when that is not 0. */
async function finished(child: ChildProcess): Promise<string> {
  const error: Buffer[] = [];
  child.stderr?.on("data", (chunk: Buffer) => error.push(chunk));
  child.stdout?.resume();
  const [code] = await once(child, "close");
  return Buffer.concat(error).toString() + (code === 0 ? "" : `exit ${code}`);
}

function mountSmallDisk(t: TestContext, folder: string, sizeMib: number): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${sizeMib}m`, "tmpfs", folder], { stdio: "pipe" });
    return true;
  } catch {
    t.skip("mounting a tmpfs is not allowed here");
    return false;
  }
}

test("a full disk is one clear error, loses nothing, and space comes back with a collection", (t) => {
  using env = temporaryStore();
  const disk = join(env.folder, "disk");
  if (!mountSmallDisk(t, disk, 24)) return;
  const open = (): LocalStore => {
    const store = openLocalStore({ root: disk });
    opened.push(store);
    return store;
  };
  const opened: LocalStore[] = [];
  try {
    const store = open();
    const kept = store.addText("kept", "1", []);
    store.addIndirectRoot(join(disk, "result"), kept);
    writeFileSync(join(env.folder, "source"), Buffer.alloc(5 * 1024 * 1024, "x"));
    const fill = (): void => {
      for (let i = 0; i < 100; i++) store.addPath(`large-${i}`, join(env.folder, "source"));
    };
    assert.throws(fill, { code: "STORE_DISK_FULL" });
    assert.throws(
      () => {
        for (let i = 0; i < 100_000; i++) store.addText(`small-${i}`, "y".repeat(4096), []);
      },
      { code: "STORE_DISK_FULL" },
    );
    assert.deepEqual(store.verify({ checkContents: true }), []);
    store.close();
    const again = open();
    assert.ok(again.collectGarbage().freedBytes > 0);
    assert.deepEqual(again.allValidPaths(), [kept]);
    again.addPath("large", join(env.folder, "source"));
    assert.deepEqual(again.verify({ checkContents: true }), []);
  } finally {
    for (const store of opened) store.close();
    execFileSync("umount", [disk]);
  }
});
