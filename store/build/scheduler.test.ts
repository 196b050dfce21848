import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as tick } from "node:timers/promises";
import type { BuildOutcome } from "./events.ts";
import type { Goal } from "./goal-graph.ts";
import { type GoalRunner, runGoals, type SchedulerOptions } from "./scheduler.ts";

/** Goals by name; `inputs` names goals that stand before. */
function makeGoals(
  spec: Readonly<Record<string, { readonly inputs?: string[]; readonly download?: boolean }>>,
): Goal[] {
  const goals = new Map<string, Goal>();
  for (const [name, { inputs = [], download = false }] of Object.entries(spec)) {
    const derivation = {
      outputs: new Map(),
      inputDrvs: new Map(),
      inputSrcs: [],
      platform: "",
      builder: download ? "builtin:fetchurl" : "sh",
      args: [],
      env: new Map(),
    };
    const goal: Goal = {
      drvPath: name,
      name,
      derivation,
      mode: "normal",
      dependents: [],
      pendingInputs: inputs.length,
      inputBytes: 0,
      fetchedInputs: [],
      outcome: null,
    };
    for (const input of inputs) goals.get(input)?.dependents.push(goal);
    goals.set(name, goal);
  }
  return [...goals.values()];
}

/** Ends goals as told (`built` otherwise) and remembers what ran, and how many at once. */
class FakeRunner implements GoalRunner {
  readonly started: string[] = [];
  readonly skipped: string[] = [];
  readonly #endings: Readonly<Record<string, BuildOutcome | Error>>;
  running = 0;
  mostRunning = 0;

  constructor(endings: Readonly<Record<string, BuildOutcome | Error>> = {}) {
    this.#endings = endings;
  }

  async start(goal: Goal, signal: AbortSignal): Promise<BuildOutcome> {
    this.started.push(goal.name);
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    await tick();
    this.running -= 1;
    const ending = this.#endings[goal.name] ?? "built";
    if (ending instanceof Error) throw ending;
    return signal.aborted ? "cancelled" : ending;
  }

  sizeBytesOf(goal: Goal): number {
    return goal.name.startsWith("huge") ? 1e9 : 1e6;
  }

  skip(goal: Goal, outcome: "dependency-failed" | "cancelled"): void {
    this.skipped.push(`${goal.name} ${outcome}`);
  }
}

function options(changes: Partial<SchedulerOptions> = {}): SchedulerOptions {
  return { maxJobs: 2, maxDownloads: 3, keepGoing: false, signal: new AbortController().signal, ...changes };
}

test("runGoals starts a goal after its inputs", async () => {
  const goals = makeGoals({ a: {}, b: { inputs: ["a"] }, c: { inputs: ["a"] }, d: { inputs: ["b", "c"] } });
  const runner = new FakeRunner();
  await runGoals(goals.toReversed(), runner, options());
  assert.deepEqual([runner.started[0], runner.started.at(-1), runner.started.length], ["a", "d", 4]);
  assert.ok(goals.every(({ outcome }) => outcome === "built"));
});

test("runGoals starts the head of the heaviest chain first", async () => {
  const goals = makeGoals({
    "small.deb": { download: true },
    "huge.deb": { download: true },
    a: { inputs: ["small.deb"] },
    b: {},
    tool: {},
    kernel: { inputs: ["huge.deb", "tool"] },
    top: { inputs: ["a", "b", "kernel"] },
  });
  const runner = new FakeRunner();
  await runGoals(goals, runner, options({ maxJobs: 1 }));
  const order = runner.started.filter((name) => !name.endsWith(".deb"));
  assert.ok(order.indexOf("kernel") < order.indexOf("a"), order.join(" "));
  assert.equal(order.at(-1), "top");
});

test("runGoals keeps to its places, of which downloads have their own", async () => {
  const builds = makeGoals({ a: {}, b: {}, c: {}, d: {} });
  const downloads = makeGoals({
    e: { download: true },
    f: { download: true },
    g: { download: true },
    h: { download: true },
  });
  const runner = new FakeRunner();
  await runGoals(builds, runner, options({ maxJobs: 2 }));
  assert.equal(runner.mostRunning, 2);
  const both = new FakeRunner();
  await runGoals([...makeGoals({ a: {}, b: {}, c: {} }), ...downloads], both, options({ maxJobs: 2 }));
  assert.equal(both.mostRunning, 5);
});

test("runGoals skips what depends on a failure, and goes on with the rest when told", async () => {
  const spec = {
    bad: {},
    user: { inputs: ["bad"] },
    far: { inputs: ["user"] },
    other: {},
    more: { inputs: ["other"] },
  };
  const runner = new FakeRunner({ bad: "failed" });
  await runGoals(makeGoals(spec), runner, options({ maxJobs: 1, keepGoing: true }));
  assert.deepEqual(runner.started, ["bad", "other", "more"]);
  assert.deepEqual(runner.skipped, ["user dependency-failed", "far dependency-failed"]);
  const stopping = new FakeRunner({ bad: "failed" });
  await runGoals(makeGoals(spec), stopping, options({ maxJobs: 1 }));
  assert.deepEqual(stopping.started, ["bad"]);
  assert.deepEqual(stopping.skipped, [
    "user dependency-failed",
    "far dependency-failed",
    "other cancelled",
    "more cancelled",
  ]);
});

test("runGoals counts what another process built as done", async () => {
  const runner = new FakeRunner({ a: "cached" });
  await runGoals(makeGoals({ a: {}, b: { inputs: ["a"] } }), runner, options());
  assert.deepEqual(runner.started, ["a", "b"]);
});

test("runGoals ends, and rejects, when a runner cannot go on at all", async () => {
  const runner = new FakeRunner({ a: new Error("no sandbox") });
  const goals = makeGoals({ a: {}, b: {}, c: { inputs: ["a"] } });
  await assert.rejects(runGoals(goals, runner, options({ maxJobs: 1, keepGoing: true })), /no sandbox/);
  assert.deepEqual(runner.started, ["a"]);
  assert.equal(runner.running, 0);
});

test("runGoals starts nothing once its signal has aborted", async () => {
  const runner = new FakeRunner();
  await runGoals(makeGoals({ a: {}, b: { inputs: ["a"] } }), runner, options({ signal: AbortSignal.abort() }));
  assert.deepEqual(runner.started, []);
  assert.deepEqual(runner.skipped, ["a cancelled", "b cancelled"]);
});
