import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { killLeftovers } from "./leftover-processes.ts";

test("killLeftovers: ends what writes below the folder, and nothing else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "firn-leftovers-"));
  const start = (name: string): ReturnType<typeof spawn> =>
    spawn("sleep", ["60"], { stdio: ["ignore", openSync(join(folder, name), "w"), "ignore"] });
  const other = mkdtempSync(join(tmpdir(), "firn-leftovers-"));
  const inside = start("log");
  const outside = spawn("sleep", ["60"], { stdio: ["ignore", openSync(join(other, "log"), "w"), "ignore"] });
  try {
    await Promise.all([once(inside, "spawn"), once(outside, "spawn")]);
    assert.deepEqual(killLeftovers(folder), [inside.pid]);
    const [, signal] = await once(inside, "exit");
    assert.equal(signal, "SIGKILL");
    assert.equal(outside.exitCode, null);
  } finally {
    outside.kill();
    for (const path of [folder, other]) rmSync(path, { recursive: true, force: true });
  }
});
