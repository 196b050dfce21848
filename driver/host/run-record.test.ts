import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { identifyProcess, isAlive } from "./process-identity.ts";
import { cleanUpAfterDeadDrivers, RunRecord } from "./run-record.ts";

function withRunFolder(body: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), "firn-test-"));
    try {
      await body(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

function sleeper(): { readonly child: ChildProcess; readonly pid: number } {
  const child = spawn("sleep", ["100"], { stdio: "ignore" });
  return { child, pid: child.pid ?? 0 };
}

test(
  "RunRecord: its end kills what it names and removes folder and file",
  withRunFolder(async (folder) => {
    const record = RunRecord.open(folder);
    const { child, pid } = sleeper();
    record.add(pid);
    assert.equal(readdirSync(folder).length, 1);
    record[Symbol.dispose]();
    const [, signal] = await once(child, "close");
    assert.equal(signal, "SIGKILL");
    assert.deepEqual(readdirSync(folder), []);
    assert.equal(existsSync(record.folder), false);
  }),
);

test(
  "cleanUpAfterDeadDrivers: leaves living drivers alone",
  withRunFolder(async (folder) => {
    using record = RunRecord.open(folder);
    const { child, pid } = sleeper();
    record.add(pid);
    assert.deepEqual(cleanUpAfterDeadDrivers(folder), { drivers: 0, killed: [] });
    assert.ok(existsSync(record.folder));
    child.kill();
    await once(child, "close");
  }),
);

test(
  "cleanUpAfterDeadDrivers: ends what a dead driver has left, and nobody else",
  withRunFolder(async (folder) => {
    const record = RunRecord.open(folder);
    const { child, pid } = sleeper();
    const other = sleeper();
    record.add(pid);
    record.add(other.pid);
    const [name = ""] = readdirSync(folder);
    const file = join(folder, name);
    // The driver is gone, and the second process id belongs to somebody else by now.
    const content = JSON.parse(readFileSync(file, "utf8"));
    content.driver.startTicks = "1";
    content.machines[1].startTicks = "1";
    writeFileSync(file, JSON.stringify(content));
    assert.deepEqual(cleanUpAfterDeadDrivers(folder), { drivers: 1, killed: [pid] });
    await once(child, "close");
    const identity = identifyProcess(other.pid);
    assert.ok(identity !== undefined && isAlive(identity));
    assert.equal(existsSync(record.folder), false);
    other.child.kill();
    await once(other.child, "close");
  }),
);

test(
  "cleanUpAfterDeadDrivers: a folder that is not ours is never removed",
  withRunFolder(async (folder) => {
    const precious = mkdtempSync(join(tmpdir(), "precious-"));
    const driver = { pid: 1, startTicks: "0", bootId: "x" };
    writeFileSync(join(folder, "1-abcdef.json"), JSON.stringify({ driver, folder: precious, machines: [] }));
    writeFileSync(join(folder, "2-broken.json"), "{");
    assert.deepEqual(cleanUpAfterDeadDrivers(folder), { drivers: 0, killed: [] });
    assert.ok(existsSync(precious));
    rmSync(precious, { recursive: true });
  }),
);
