import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { threadId } from "node:worker_threads";
import { PathLocks } from "./path-locks.ts";
import { isProcessAlive, ownProcess } from "./process-identity.ts";

const never = new AbortController().signal;

async function withLocks(body: (locks: PathLocks, databasePath: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "firn-locks-"));
  const locks = new PathLocks(join(folder, "locks.sqlite"));
  try {
    await body(locks, join(folder, "locks.sqlite"));
  } finally {
    locks.close();
    rmSync(folder, { recursive: true });
  }
}

test("PathLocks.acquire waits for the holder, of all paths or none", async () => {
  await withLocks(async (locks) => {
    const first = await locks.acquire(["/a", "/b"], never);
    assert.equal(locks.tryAcquire(["/c", "/b"]), false);
    assert.equal(locks.tryAcquire(["/c"]), true);
    const second = locks.acquire(["/b"], never);
    first.release();
    (await second).release();
    assert.equal(locks.tryAcquire(["/a", "/b"]), true);
  });
});

test("PathLocks.acquire gives up when its signal aborts", async () => {
  await withLocks(async (locks) => {
    await locks.acquire(["/a"], never);
    await assert.rejects(locks.acquire(["/a"], AbortSignal.timeout(50)), { name: "AbortError" });
  });
});

test("PathLocks takes over from a dead process, not from a living one", async () => {
  await withLocks(async (locks, databasePath) => {
    const database = new DatabaseSync(databasePath);
    const insert = database.prepare("INSERT INTO locks (path, pid, startTicks, thread) VALUES (?, ?, ?, ?)");
    const { pid, startTicks } = ownProcess();
    insert.run("/other-thread", pid, startTicks, threadId + 1);
    insert.run("/leftover", pid, startTicks, threadId);
    insert.run("/dead", spawnSync("true").pid, 12345, 0);
    insert.run("/reused", pid, startTicks - 1, threadId);
    database.close();
    assert.deepEqual(
      ["/other-thread", "/leftover", "/dead", "/reused"].map((path) => locks.tryAcquire([path])),
      [false, true, true, true],
    );
  });
});

test("isProcessAlive goes by the start time too", () => {
  const own = ownProcess();
  assert.equal(isProcessAlive(own), true);
  assert.equal(isProcessAlive({ ...own, startTicks: own.startTicks + 1 }), false);
});
