/**
 * Builds that several runs of one process share: whoever asks for a derivation that is being built joins in, hears what
 * the others hear, and leaves without harm to them. A build ends early only when the last one left.
 *
 * Invariants: at most one build of a derivation runs in this process; places are given in the order they were asked for;
 * what all builds share (scratch folders, locks, the store that holds their temporary roots) lives while one runs.
 */
import { join } from "node:path";
import type { LocalStore } from "../local/store-interface.ts";
import type { BuildContext } from "./build-context.ts";
import { isDownload, outputPathsOf } from "./derivation-traits.ts";
import type { BuildEvent, BuildOutcome } from "./events.ts";
import { Downloader } from "./fetch/downloader.ts";
import { type Goal, sizeOfOutputs } from "./goal-graph.ts";
import { createGoalRunner } from "./goal-runner.ts";
import { PathLocks } from "./path-locks.ts";
import { Places } from "./places.ts";
import { LogPipes } from "./sandbox/log-pipe.ts";
import type { GoalRunner } from "./scheduler.ts";
import { ScratchFolders } from "./scratch-folders.ts";

const MAX_DOWNLOADS = 16;

/** What the run that starts a build decides about it. */
export type SharedBuildSettings = Pick<BuildContext, "cores" | "keepFailed" | "timeoutMs" | "maxSilentMs">;

type Listener = (event: BuildEvent) => void;
type Shared = Pick<BuildContext, "store" | "scratch" | "locks" | "pipes" | "downloader">;

interface RunningBuild {
  readonly listeners: Set<Listener>;
  readonly cancel: AbortController;
  readonly ended: Promise<BuildOutcome>;
  /** What a late listener has to be told: that it started, and its phase. */
  started: BuildEvent | null;
  phase: BuildEvent | null;
}

export interface SharedBuildsOptions {
  readonly maxJobs: number;
  /** Called when a build starts and none runs. */
  readonly openStore: () => LocalStore;
}

export class SharedBuilds {
  readonly #openStore: () => LocalStore;
  readonly #builds: Places;
  readonly #downloads = new Places(MAX_DOWNLOADS);
  readonly #running = new Map<string, RunningBuild>();
  #shared: Shared | null = null;
  #users = 0;

  constructor(options: SharedBuildsOptions) {
    this.#openStore = options.openStore;
    this.#builds = new Places(options.maxJobs);
  }

  /** Derivations that are being built, or wait for a place. */
  get runningCount(): number {
    return this.#running.size;
  }

  /** For one run: its goals, its listener. */
  runner(store: LocalStore, settings: SharedBuildSettings, emit: Listener): GoalRunner {
    return {
      start: (goal, signal) => this.#join(goal, settings, { emit, signal }),
      sizeBytesOf: (goal) => sizeOfOutputs(store, goal.derivation),
      skip: (goal, outcome) => emit(skippedEvent(goal, outcome)),
    };
  }

  async #join(
    goal: Goal,
    settings: SharedBuildSettings,
    { emit, signal }: { readonly emit: Listener; readonly signal: AbortSignal },
  ): Promise<BuildOutcome> {
    if (signal.aborted) return "cancelled";
    const build = this.#running.get(keyOf(goal)) ?? this.#start(goal, settings);
    for (const event of [build.started, build.phase]) if (event !== null) emit(event);
    build.listeners.add(emit);
    let leave = (): void => {};
    const left = new Promise<"cancelled">((resolve) => {
      leave = () => {
        build.listeners.delete(emit);
        if (build.listeners.size > 0) return resolve("cancelled");
        // nobody may join a build that is being ended
        if (this.#running.get(keyOf(goal)) === build) this.#running.delete(keyOf(goal));
        build.cancel.abort();
      };
    });
    signal.addEventListener("abort", leave);
    try {
      return await Promise.race([build.ended, left]);
    } finally {
      signal.removeEventListener("abort", leave);
      build.listeners.delete(emit);
    }
  }

  #start(goal: Goal, settings: SharedBuildSettings): RunningBuild {
    const listeners = new Set<Listener>();
    const cancel = new AbortController();
    const emit = (event: BuildEvent): void => {
      if (event.type === "started") build.started = event;
      if (event.type === "phase") build.phase = event;
      for (const listener of listeners) listener(event);
    };
    const ended = this.#run(goal, { ...settings, emit }, cancel.signal).finally(() => {
      if (this.#running.get(keyOf(goal)) === build) this.#running.delete(keyOf(goal));
    });
    const build: RunningBuild = { listeners, cancel, ended, started: null, phase: null };
    this.#running.set(keyOf(goal), build);
    // each listener awaits it too; without any, nobody is left to tell
    ended.catch(() => {});
    return build;
  }

  async #run(
    goal: Goal,
    settings: SharedBuildSettings & Pick<BuildContext, "emit">,
    signal: AbortSignal,
  ): Promise<BuildOutcome> {
    const places = isDownload(goal.derivation) ? this.#downloads : this.#builds;
    if (!(await places.take(signal))) return "cancelled";
    try {
      const shared = this.#acquire();
      try {
        return await createGoalRunner({ ...shared, ...settings }).start(goal, signal);
      } finally {
        await this.#release();
      }
    } finally {
      places.give();
    }
  }

  #acquire(): Shared {
    this.#users += 1;
    this.#shared ??= openShared(this.#openStore());
    return this.#shared;
  }

  async #release(): Promise<void> {
    this.#users -= 1;
    const shared = this.#shared;
    if (this.#users > 0 || shared === null) return;
    this.#shared = null;
    shared.downloader.close();
    shared.locks.close();
    shared.store.close();
    await shared.scratch.close();
  }
}

/** Who checks a build does not get along with one who wants it once. */
function keyOf({ drvPath, mode }: Goal): string {
  return mode === "normal" ? drvPath : `${drvPath} ${mode}`;
}

function skippedEvent(goal: Goal, outcome: BuildOutcome): BuildEvent {
  const outputs = outputPathsOf(goal.derivation);
  return { type: "finished", drvPath: goal.drvPath, name: goal.name, outcome, durationMs: 0, outputs };
}

function openShared(store: LocalStore): Shared {
  const scratch = new ScratchFolders(store.root);
  return {
    store,
    scratch,
    locks: new PathLocks(join(scratch.top, "locks.sqlite")),
    pipes: new LogPipes(scratch.pathOf("pipes")),
    downloader: new Downloader(process.env),
  };
}
