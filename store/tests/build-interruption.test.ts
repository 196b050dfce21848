/** Several processes on one root, and processes that die at any moment. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { BuildEvent } from "../build/events.ts";
import { BuildWorkshop, outcomesOf } from "./build-workshop.ts";

const CHILD = join(import.meta.dirname, "build-child.ts");

interface ChildOptions {
  readonly maxJobs?: number;
  readonly environment?: NodeJS.ProcessEnv;
  readonly uid?: number;
}

function startChild(shop: BuildWorkshop, drvPaths: readonly string[], options: ChildOptions = {}): ChildProcess {
  const args = [CHILD, shop.root, String(options.maxJobs ?? 2), ...drvPaths];
  return spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: options.environment ?? process.env,
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
}

interface EndedChild {
  readonly exitCode: number | null;
  readonly events: readonly BuildEvent[];
  readonly lines: readonly string[];
}

async function finish(child: ChildProcess): Promise<EndedChild> {
  let text = "";
  child.stdout?.on("data", (chunk) => {
    text += String(chunk);
  });
  const [exitCode] = await once(child, "close");
  const lines = text.split("\n").filter((line) => line !== "");
  return { exitCode, lines, events: lines.map((line) => JSON.parse(line)) };
}

/** Resolves when the child has printed so many lines. */
async function lineOf(child: ChildProcess, count: number): Promise<void> {
  let seen = 0;
  await new Promise<void>((resolve) => {
    child.stdout?.on("data", (chunk) => {
      seen += String(chunk).split("\n").length - 1;
      if (seen >= count) resolve();
    });
  });
}

/** Repeatable numbers between 0 and 1 (a linear congruential generator). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const NOBODY = 65534;

test("Two processes that want the same path build it once", async () => {
  using shop = new BuildWorkshop();
  const lib = shop.add({ name: "lib", script: "echo building; sleep 1; echo > $out" });
  const users = ["a", "b"].map((name) => shop.add({ name, inputs: [lib], script: "echo > $out" }));
  const ended = await Promise.all(users.map((user) => finish(startChild(shop, [user]))));
  const outcomes = ended.map(({ events }) => outcomesOf(events)["lib"]).sort();
  assert.deepEqual(outcomes, ["built", "cached"]);
  for (const { exitCode } of ended) assert.equal(exitCode, 0);
});

test("A process that waits for another's build takes over when that one dies", async () => {
  using shop = new BuildWorkshop();
  const drv = shop.add({ name: "slow", script: "echo started; sleep 1; echo > $out" });
  const first = startChild(shop, [drv]);
  for await (const chunk of first.stdout ?? []) if (String(chunk).includes('"started"')) break;
  const second = finish(startChild(shop, [drv]));
  await sleep(500);
  first.kill("SIGKILL");
  assert.deepEqual(outcomesOf((await second).events), { slow: "built" });
});

test("A kill at any moment leaves nothing half-built that counts as valid", { timeout: 240_000 }, async (t) => {
  using shop = new BuildWorkshop();
  const seed = Number(process.env["SEED"] ?? Date.now() % 100_000);
  t.diagnostic(`SEED=${seed}`);
  const random = randomNumbers(seed);
  const script = "mkdir $out $dev; seq 1 3000 > $out/numbers; cp $out/numbers $dev/n; echo $out > $dev/link";
  const drvs: string[] = [];
  for (let i = 0; i < 24; i += 1) {
    const inputs = i === 0 ? [] : [drvs[Math.floor(random() * i)] ?? ""];
    drvs.push(shop.add({ name: `p${i}`, inputs, outputs: ["out", "dev"], script }));
  }
  for (let attempt = 0; attempt < 6; attempt += 1) {
    const child = startChild(shop, drvs);
    const ended = finish(child);
    await lineOf(child, 2 + Math.floor(random() * 3));
    await sleep(random() * 40);
    child.kill("SIGKILL");
    assert.equal((await ended).exitCode, null, "it was still at work");
    assert.deepEqual(shop.store.verify({ checkContents: true }), [], `after kill ${attempt}`);
    for (const drv of drvs) {
      const valid = ["out", "dev"].map((name) => shop.store.isValidPath(shop.outputOf(drv, name)));
      assert.equal(valid[0], valid[1], "outputs are registered together");
    }
  }
  assert.equal((await finish(startChild(shop, drvs))).exitCode, 0);
  for (const drv of drvs) assert.ok(shop.store.isValidPath(shop.outputOf(drv)));
  const left = readdirSync(join(shop.root, "firn/build")).filter((name) => !name.startsWith("locks.sqlite"));
  assert.deepEqual(left, []);
});

test("A builder dies with the process that started it", { timeout: 60_000 }, async () => {
  using shop = new BuildWorkshop();
  const marker = `63${process.pid}`;
  const drv = shop.add({ name: "orphan", script: `sleep ${marker} & echo started; wait` });
  const child = startChild(shop, [drv]);
  for await (const chunk of child.stdout ?? []) if (String(chunk).includes('"log"')) break;
  child.kill("SIGKILL");
  while (isRunning(`sleep\0${marker}`)) await sleep(10);
});

function isRunning(commandLine: string): boolean {
  return readdirSync("/proc").some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(commandLine);
    } catch {
      return false;
    }
  });
}

test("Without bubblewrap there is one clear error", async () => {
  using shop = new BuildWorkshop();
  const drv = shop.add({ name: "any", script: "touch $out" });
  const second = shop.add({ name: "second", script: "touch $out" });
  const folder = join(shop.root, "few-programs");
  mkdirSync(folder);
  symlinkSync("/usr/bin/mkfifo", join(folder, "mkfifo"));
  symlinkSync("/usr/bin/flock", join(folder, "flock"));
  const ended = await finish(startChild(shop, [drv, second], { environment: { PATH: folder }, maxJobs: 1 }));
  assert.equal(ended.exitCode, 3);
  assert.deepEqual(JSON.parse(ended.lines.at(-1) ?? ""), {
    type: "error",
    code: "HOST_NO_BUBBLEWRAP",
    message: "Program 'bwrap', which makes the sandbox of a build, is not installed",
    hint: "sudo apt-get install bubblewrap",
  });
});

test("A sandbox that cannot be made is told with bubblewrap's own words", async () => {
  using shop = new BuildWorkshop();
  const drv = shop.add({ name: "any", script: "touch $out" });
  const folder = join(shop.root, "few-programs");
  mkdirSync(folder);
  writeFileSync(
    join(folder, "bwrap"),
    "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n",
    { mode: 0o755 },
  );
  const ended = await finish(startChild(shop, [drv], { environment: { PATH: `${folder}:${process.env["PATH"]}` } }));
  assert.equal(ended.exitCode, 100);
  const finished = ended.events.find((event) => event.type === "finished");
  assert.equal(finished?.error?.code, "STORE_SANDBOX_FAILED");
  assert.equal(finished?.error?.details, "bwrap: No permissions to create new namespace");
});

test("A full disk is one clear error, and what was finished stays", async () => {
  const folder = mkdtempSync(join(tmpdir(), "firn-small-disk-"));
  const disk = ["--dev-bind", "/", "/", "--size", String(48 * 1024 * 1024), "--tmpfs", folder];
  const child = spawn("bwrap", [...disk, process.execPath, join(import.meta.dirname, "full-disk-child.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TMPDIR: folder },
  });
  const { lines } = await finish(child);
  rmSync(folder, { recursive: true });
  assert.deepEqual(JSON.parse(lines[0] ?? ""), {
    code: "STORE_DISK_FULL",
    exitCode: 3,
    isSmallKept: true,
    isBigValid: false,
  });
});

test("Builds need no root", { skip: whyNotAsNobody() }, async () => {
  using shop = new BuildWorkshop();
  const script = "id -u > $out; mkdir -p /tmp/a /build/b; touch $dev; chmod 500 $dev";
  const drv = shop.add({ name: "plain", outputs: ["out", "dev"], script: `mkdir $dev; ${script}` });
  const folder = shop.add({
    name: "folder",
    inputs: [drv],
    script: `mkdir -p $out/a; echo ${shop.outputOf(drv)} > $out/a/b; chmod 0 $out/a/b $out/a; mkdir -p q/r; chmod 0 q`,
  });
  shop.giveTo(NOBODY);
  const ended = await finish(startChild(shop, [folder], { uid: NOBODY }));
  assert.deepEqual(outcomesOf(ended.events), { plain: "built", folder: "built" });
  assert.deepEqual(shop.store.verify({ checkContents: true }), []);
});

function whyNotAsNobody(): string | false {
  if (process.getuid?.() !== 0) return "this is not root anyway";
  const canRun = spawnSync(process.execPath, ["--version"], { uid: NOBODY, gid: NOBODY }).status === 0;
  return canRun ? false : "other users may not enter the project's folder";
}
