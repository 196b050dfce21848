/**
 * Runs a graph of goals: a goal starts when its inputs are done and its pool has a place. Builds wait for processors and
 * downloads for the network, so each kind has a pool of its own.
 *
 * Of the goals that could start, the one at the head of the heaviest chain does, so that a long chain is not what
 * everything waits for at the end. How long a build takes nobody knows; the size of its inputs tells well enough which few
 * take longest (the kernel, gcc).
 *
 * Invariants: a goal ends exactly once; it starts only when all its inputs ended well; `run` settles only when nothing
 * that it started is still running.
 */
import { setMaxListeners } from "node:events";
import { isDownload } from "./derivation-traits.ts";
import type { BuildOutcome } from "./events.ts";
import type { Goal } from "./goal-graph.ts";

export interface GoalRunner {
  /** Resolves with how it ended; rejects when nothing else can be built either (no sandbox, disk full). */
  start(goal: Goal, signal: AbortSignal): Promise<BuildOutcome>;
  /** Size of what a goal made. */
  sizeBytesOf(goal: Goal): number;
  /** Told of a goal that never starts. */
  skip(goal: Goal, outcome: "dependency-failed" | "cancelled"): void;
}

export interface SchedulerOptions {
  readonly maxJobs: number;
  readonly maxDownloads: number;
  readonly keepGoing: boolean;
  readonly signal: AbortSignal;
  /** Waits for what a goal needs besides other goals; false when it will not come. Null when it needs nothing. */
  readonly fetchInputs?: (goal: Goal) => Promise<boolean> | null;
}

/** What a build weighs besides its inputs. */
const BUILD_BYTES = 1024 * 1024;

interface Pool {
  readonly places: number;
  readonly waiting: Goal[];
  running: number;
}

export async function runGoals(goals: Iterable<Goal>, runner: GoalRunner, options: SchedulerOptions): Promise<void> {
  await new Scheduler([...goals], runner, options).run();
}

class Scheduler {
  readonly #goals: readonly Goal[];
  readonly #runner: GoalRunner;
  readonly #keepGoing: boolean;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #builds: Pool;
  readonly #downloads: Pool;
  readonly #running = new Set<Promise<void>>();
  readonly #fetchInputs: (goal: Goal) => Promise<boolean> | null;
  /** Weight of the heaviest chain that starts with a goal; null when weights have changed. */
  #chainBytes: Map<Goal, number> | null = null;
  #fatal: { readonly error: unknown } | null = null;

  constructor(goals: readonly Goal[], runner: GoalRunner, options: SchedulerOptions) {
    this.#goals = goals;
    this.#runner = runner;
    this.#keepGoing = options.keepGoing;
    this.#fetchInputs = options.fetchInputs ?? (() => null);
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
    // every goal that runs may listen
    setMaxListeners(0, this.#signal);
    this.#builds = { places: Math.max(1, options.maxJobs), waiting: [], running: 0 };
    this.#downloads = { places: Math.max(1, options.maxDownloads), waiting: [], running: 0 };
  }

  async run(): Promise<void> {
    this.#awaitFetches();
    for (const goal of this.#goals) if (goal.pendingInputs === 0) this.#enqueue(goal);
    this.#startWaiting();
    while (this.#running.size > 0) await Promise.race(this.#running);
    for (const goal of this.#goals) if (goal.outcome === null) this.#skip(goal, "cancelled");
    if (this.#fatal !== null) throw this.#fatal.error;
  }

  /** One promise for all of them: what is raced against has to stay short. */
  #awaitFetches(): void {
    const fetches = this.#goals.flatMap((goal) => {
      const fetched = this.#fetchInputs(goal);
      if (fetched === null) return [];
      goal.pendingInputs += 1;
      return [fetched.then((isThere) => this.#afterFetch(goal, isThere))];
    });
    if (fetches.length === 0) return;
    const stopped = new Promise<void>((resolve) => this.#signal.addEventListener("abort", () => resolve()));
    const ended: Promise<void> = Promise.race([Promise.all(fetches), stopped]).then(() => {
      this.#running.delete(ended);
    });
    this.#running.add(ended);
  }

  #afterFetch(goal: Goal, isThere: boolean): void {
    if (goal.outcome !== null || this.#signal.aborted) return;
    if (!isThere) {
      this.#skip(goal, "dependency-failed");
      this.#fail(goal);
      return;
    }
    goal.pendingInputs -= 1;
    if (goal.pendingInputs > 0) return;
    this.#enqueue(goal);
    this.#startWaiting();
  }

  #poolOf(goal: Goal): Pool {
    return isDownload(goal.derivation) ? this.#downloads : this.#builds;
  }

  #enqueue(goal: Goal): void {
    this.#poolOf(goal).waiting.push(goal);
  }

  #startWaiting(): void {
    for (const pool of [this.#downloads, this.#builds]) {
      while (pool.running < pool.places && !this.#signal.aborted) {
        const goal = this.#takeHeaviest(pool.waiting);
        if (goal === undefined) break;
        this.#start(goal, pool);
      }
    }
  }

  #takeHeaviest(waiting: Goal[]): Goal | undefined {
    if (waiting.length <= 1) return waiting.pop();
    this.#chainBytes ??= new Map();
    const weights = waiting.map((goal) => this.#chainBytesOf(goal));
    return waiting.splice(weights.indexOf(Math.max(...weights)), 1)[0];
  }

  #chainBytesOf(goal: Goal): number {
    const known = this.#chainBytes?.get(goal);
    if (known !== undefined) return known;
    const above = goal.dependents.reduce((most, dependent) => Math.max(most, this.#chainBytesOf(dependent)), 0);
    const bytes = above + goal.inputBytes + BUILD_BYTES;
    this.#chainBytes?.set(goal, bytes);
    return bytes;
  }

  #start(goal: Goal, pool: Pool): void {
    pool.running += 1;
    const ended = this.#runOne(goal).finally(() => {
      pool.running -= 1;
      this.#running.delete(ended);
      this.#startWaiting();
    });
    this.#running.add(ended);
  }

  async #runOne(goal: Goal): Promise<void> {
    try {
      goal.outcome = await this.#runner.start(goal, this.#signal);
    } catch (error) {
      goal.outcome = "failed";
      this.#fatal ??= { error };
      this.#stop.abort();
    }
    if (goal.outcome === "built" || goal.outcome === "cached") this.#releaseDependents(goal);
    else this.#fail(goal);
  }

  #releaseDependents(goal: Goal): void {
    // what many use is a tool: that it is large says nothing about them
    this.#addInputBytes(goal.dependents, this.#runner.sizeBytesOf(goal) / goal.dependents.length);
    for (const dependent of goal.dependents) {
      dependent.pendingInputs -= 1;
      if (dependent.pendingInputs === 0 && dependent.outcome === null) this.#enqueue(dependent);
    }
  }

  #addInputBytes(goals: readonly Goal[], bytes: number): void {
    for (const goal of goals) goal.inputBytes += bytes;
    this.#chainBytes = null;
  }

  #fail(goal: Goal): void {
    if (goal.outcome !== "cancelled") this.#skipDependents(goal);
    if (!this.#keepGoing) this.#stop.abort();
  }

  #skipDependents(goal: Goal): void {
    for (const dependent of goal.dependents) {
      if (dependent.outcome !== null) continue;
      this.#skip(dependent, "dependency-failed");
      this.#skipDependents(dependent);
    }
  }

  #skip(goal: Goal, outcome: "dependency-failed" | "cancelled"): void {
    goal.outcome = outcome;
    this.#runner.skip(goal, outcome);
  }
}
