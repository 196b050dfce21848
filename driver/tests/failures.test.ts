/** How runs end that cannot go on: at once, with the cause and the last words of the machine, and with nothing left. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isAppError } from "#store/std/app-error.ts";
import { cleanUpAfterDeadDrivers } from "../host/run-record.ts";
import { openTiny } from "./open-tiny.ts";
import { skipTinyGuest, tinyGuest } from "./tiny-guest.ts";

const skip = skipTinyGuest();

/** Finds the root shell by its command line and kills it. */
const killShell =
  "for p in /proc/[0-9]*; do case $(tr '\\0' ' ' <$p/cmdline) in 'bash --norc'*) kill -9 $(basename $p);; esac; done; sleep 60";

async function failureOf(work: Promise<unknown>): Promise<{ code: string; message: string; details: string }> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(isAppError(error), `an AppError, not ${String(error)}`);
  return { code: error.code, message: error.message, details: error.details ?? "" };
}

test("a kernel panic at boot ends every wait with the kernel's own words", { skip }, async () => {
  await using tiny = await openTiny({ bad: { words: ["firn.fail=panic"] }, good: {} });
  const waiting = failureOf(tiny.machine("good").waitForConsoleText("never said"));
  const failure = await failureOf(tiny.machine("bad").connect());
  assert.equal(failure.code, "DRIVER_GUEST_PANICKED");
  assert.match(failure.message, /machine 'bad' panicked: sysrq triggered crash/);
  assert.match(failure.details, /Call Trace/);
  // The cause stands last, where whoever reads only the end of a log sees it.
  assert.match(failure.details, /Trigger a crash\n.*Kernel panic - not syncing: sysrq triggered crash$/);
  // Who waits on the healthy machine learns the same cause.
  assert.equal((await waiting).code, "DRIVER_GUEST_PANICKED");
});

test("a kernel panic during a command is told from a reboot", { skip }, async () => {
  await using tiny = await openTiny({ bad: {} });
  const failure = await failureOf(tiny.machine("bad").succeed("echo c >/proc/sysrq-trigger"));
  assert.equal(failure.code, "DRIVER_GUEST_PANICKED");
});

test("a reboot that nobody asked for ends the command, and the machine is usable again", { skip }, async () => {
  await using tiny = await openTiny({ one: {} });
  const one = tiny.machine("one");
  assert.equal((await failureOf(one.succeed("busybox reboot -f; sleep 60"))).code, "DRIVER_MACHINE_REBOOTED");
  assert.equal(await one.succeed("echo back"), "back\n");
});

test("a machine that never boots ends the wait at its deadline, with the console", { skip }, async () => {
  await using tiny = await openTiny({ stuck: { words: ["firn.fail=hang"] } });
  await tiny.machine("stuck").waitForConsoleText("failure 'hang'", { timeoutMs: 120_000 });
  const failure = await failureOf(tiny.machine("stuck").connect({ timeoutMs: 2_000 }));
  assert.equal(failure.code, "DRIVER_TIMEOUT");
  assert.equal(failure.message, "Wait for root shell on 'stuck': not within 2 s");
  assert.match(failure.details, /tiny guest: init, failure 'hang'/);
});

test("a guest that kills its root shell ends the command, not the run", { skip }, async () => {
  await using tiny = await openTiny({ again: {}, once: { words: ["firn.fail=oneshell"] } });
  const again = tiny.machine("again");
  assert.equal((await failureOf(again.succeed(killShell))).code, "DRIVER_SHELL_LOST");
  assert.equal(await again.succeed("echo a new shell"), "a new shell\n");
  const only = tiny.machine("once");
  const failure = await failureOf(only.succeed(killShell));
  assert.equal(failure.code, "DRIVER_SHELL_LOST");
  assert.equal((await failureOf(only.connect({ timeoutMs: 1_000 }))).code, "DRIVER_TIMEOUT");
});

test("QEMU killed in the middle of a command ends everything at once", { skip }, async () => {
  await using tiny = await openTiny({ one: {}, two: {} });
  await tiny.cluster.start();
  const [pid] = qemuProcesses(tiny.root);
  const both = [tiny.machine("one"), tiny.machine("two")].map((machine) => failureOf(machine.succeed("sleep 600")));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const start = performance.now();
  process.kill(pid ?? 0, "SIGKILL");
  for (const failure of await Promise.all(both)) {
    assert.equal(failure.code, "DRIVER_QEMU_DIED");
    assert.match(failure.message, /QEMU of machine '(one|two)' ended by signal SIGKILL/);
    assert.match(failure.details, /tiny guest: init/);
  }
  assert.ok(performance.now() - start < 10_000);
});

test("a QEMU that does not start says why", { skip }, async () => {
  await using tiny = await openTiny({ one: { qemuOptions: ["-device", "no-such-device"] } });
  const failure = await failureOf(tiny.machine("one").start());
  assert.equal(failure.code, "DRIVER_QEMU_START");
  assert.match(failure.details, /no-such-device/);
});

test("a forwarded port that is taken is named", { skip }, async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  try {
    const forward = {
      from: "host",
      proto: "tcp",
      host: { address: "127.0.0.1", port },
      guest: { address: "", port: 80 },
    } as const;
    await using tiny = await openTiny({ one: { forwardPorts: [forward] } });
    const failure = await failureOf(tiny.machine("one").start());
    assert.equal(failure.code, "DRIVER_PORT_IN_USE");
    assert.match(failure.message, new RegExp(`Port ${port} `));
  } finally {
    taken.close();
  }
});

test("a flood on the console is read to its end", { skip }, async () => {
  await using tiny = await openTiny({ one: {} });
  await tiny
    .machine("one")
    .succeed("for i in 1 2 3 4; do head -c 250000 /dev/zero | tr '\\0' 'x' | fold -w 200; done >/dev/ttyS0");
  await tiny.machine("one").succeed("echo the end >/dev/ttyS0");
  await tiny.machine("one").waitForConsoleText("the end", { timeoutMs: 60_000 });
});

test("two drivers at once do not disturb each other", { skip }, async () => {
  const drivers = await Promise.all([openTiny({ same: {} }), openTiny({ same: {} })]);
  try {
    const outputs = await Promise.all(drivers.map((driver, index) => driver.machine("same").succeed(`echo ${index}`)));
    assert.deepEqual(outputs, ["0\n", "1\n"]);
  } finally {
    for (const driver of drivers) await driver[Symbol.asyncDispose]();
  }
});

test("two drivers of one root: the second leaves the first alone, and cleans up after it when it was killed", {
  skip,
}, async () => {
  tinyGuest();
  const root = mkdtempSync(join(tmpdir(), "firn-test-"));
  const run = join(root, "firn", "run");
  const { child, started } = startDriver(root);
  try {
    await started;
    const [pid = 0] = qemuProcesses(root);
    assert.ok(existsSync(`/proc/${pid}`));
    assert.deepEqual(cleanUpAfterDeadDrivers(run), { drivers: 0, killed: [] });
    assert.ok(existsSync(`/proc/${pid}`));
    const [folder = ""] = stateFoldersOf(root);
    child.kill("SIGKILL");
    await once(child, "close");
    const left = cleanUpAfterDeadDrivers(run);
    assert.equal(left.drivers, 1);
    await gone(pid);
    assert.equal(existsSync(folder), false);
    assert.deepEqual(readdirSync(run), []);
  } finally {
    child.kill("SIGKILL");
    rmSync(root, { recursive: true, force: true });
  }
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`${signal} ends the driver and its machines`, { skip }, async () => {
    tinyGuest();
    const root = mkdtempSync(join(tmpdir(), "firn-test-"));
    const { child, started } = startDriver(root);
    try {
      await started;
      const [pid = 0] = qemuProcesses(root);
      const [folder = ""] = stateFoldersOf(root);
      child.kill(signal);
      const [code] = await once(child, "close");
      assert.equal(code, signal === "SIGINT" ? 130 : 143);
      await gone(pid);
      assert.equal(existsSync(folder), false);
      assert.deepEqual(readdirSync(join(root, "firn", "run")), []);
    } finally {
      child.kill("SIGKILL");
      rmSync(root, { recursive: true, force: true });
    }
  });
}

/** A driver in a process of its own, with one machine that answers. */
function startDriver(root: string): { readonly child: ChildProcess; readonly started: Promise<void> } {
  const script = join(import.meta.dirname, "fixtures", "driver-process.ts");
  const child = spawn(process.execPath, [script, root], { stdio: ["ignore", "pipe", "inherit"] });
  const started = new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (text.includes("ready")) resolve();
    });
    child.once("close", () => reject(new Error("the driver process ended early")));
  });
  return { child, started };
}

interface RecordFile {
  readonly folder: string;
  readonly machines: readonly { readonly pid: number }[];
}

function records(root: string): RecordFile[] {
  const run = join(root, "firn", "run");
  return readdirSync(run)
    .filter((name) => name.includes("-"))
    .map((name) => JSON.parse(readFileSync(join(run, name), "utf8")) as RecordFile);
}

function qemuProcesses(root: string): number[] {
  return records(root).flatMap(({ machines }) => machines.map(({ pid }) => pid));
}

function stateFoldersOf(root: string): string[] {
  return records(root).map(({ folder }) => folder);
}

/** A killed process stays a zombie until it is reaped by whoever inherited it. */
async function gone(pid: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (!existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ")) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`process ${pid} is still there`);
}
