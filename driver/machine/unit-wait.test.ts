import assert from "node:assert/strict";
import { test } from "node:test";
import type { CommandResult } from "./root-shell.ts";
import { UnitWait } from "./unit-wait.ts";

const idle = "LoadState=loaded\nActiveState=inactive\nJob=\n";
const signal = new AbortController().signal;

/** A guest whose unit and job list the test sets. */
function guest(): { state: string; jobs: string; history: string; commands: string[]; wait: UnitWait } {
  const self = { state: idle, jobs: "", history: "", commands: [] as string[] };
  const run = async (command: string): Promise<CommandResult> => {
    self.commands.push(command);
    const answers = { "list-jobs": self.jobs, journalctl: self.history, show: self.state };
    const output = Object.entries(answers).find(([word]) => command.includes(word))?.[1] ?? "";
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

test("UnitWait: a oneshot that systemd has forgotten is known to the journal", async () => {
  const machine = guest();
  machine.state = `${idle}Type=oneshot\n`;
  machine.history = "__CURSOR=x\nMESSAGE_ID=39f53479d3a045ac8e11786248231fbf\n";
  assert.equal((await machine.wait.ask(signal)).state, "reached");
  machine.history = "__CURSOR=x\nMESSAGE_ID=be02cf6855d2428ba40df7e9d022f03d\n";
  assert.equal((await machine.wait.ask(signal)).state, "busy");
});
