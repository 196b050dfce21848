import assert from "node:assert/strict";
import { test } from "node:test";
import type { CommandResult } from "./root-shell.ts";
import { UnitWait } from "./unit-wait.ts";

const idle = "LoadState=loaded\nActiveState=inactive\nJob=\n";
const signal = new AbortController().signal;

/** A guest whose unit and job list the test sets. */
function guest(): { state: string; jobs: string; commands: string[]; wait: UnitWait } {
  const self = { state: idle, jobs: "", commands: [] as string[] };
  const run = async (command: string): Promise<CommandResult> => {
    self.commands.push(command);
    const output = command.includes("list-jobs") ? self.jobs : self.state;
    return { status: 0, output, stderr: "", durationMs: 1 };
  };
  return Object.assign(self, { wait: new UnitWait({ unit: "a b.service", user: undefined }, run) });
}

test("UnitWait: an idle unit is given up only after a while without any job", async (t) => {
  t.mock.timers.enable({ apis: ["Date"] });
  const machine = guest();
  assert.equal((await machine.wait.ask(signal)).state, "busy");
  t.mock.timers.tick(1_000);
  machine.jobs = "12 network.target start running\n";
  assert.equal((await machine.wait.ask(signal)).state, "busy");
  machine.jobs = "";
  t.mock.timers.tick(1_000);
  assert.equal((await machine.wait.ask(signal)).state, "busy");
  t.mock.timers.tick(1_600);
  assert.deepEqual(await machine.wait.ask(signal), {
    state: "failed",
    reason: "it is inactive and no job is to start it",
  });
});

test("UnitWait: active units and failed units are told at once, without asking for jobs", async () => {
  const machine = guest();
  machine.state = "LoadState=loaded\nActiveState=active\n";
  assert.equal((await machine.wait.ask(signal)).state, "reached");
  machine.state = "LoadState=loaded\nActiveState=failed\nResult=timeout\n";
  assert.equal((await machine.wait.ask(signal)).state, "failed");
  assert.equal(machine.commands.length, 2);
  assert.match(machine.commands[0] ?? "", /'a b\.service'$/);
});
