/**
 * Makes the outputs of some derivations valid: plans the goals, runs them, tells what happens as events.
 * A failed build is a result, not an exception; the run rejects only when it cannot go on at all.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { derivationName } from "../formats/store-path.ts";
import { toStoreError } from "../local/store-errors.ts";
import type { LocalStore } from "../local/store-interface.ts";
import type { BuildContext } from "./build-context.ts";
import { isDownload, outputPathsOf } from "./derivation-traits.ts";
import { EventQueue } from "./event-queue.ts";
import type { BuildEvent, BuildOptions, BuildRun, BuildTarget, TargetResult } from "./events.ts";
import { Downloader } from "./fetch/downloader.ts";
import { type GoalGraph, planGoals } from "./goal-graph.ts";
import { createGoalRunner } from "./goal-runner.ts";
import { PathLocks } from "./path-locks.ts";
import { LogPipes } from "./sandbox/log-pipe.ts";
import { type GoalRunner, runGoals } from "./scheduler.ts";
import { ScratchFolders } from "./scratch-folders.ts";
import type { SharedBuildSettings } from "./shared-builds.ts";

const MAX_DOWNLOADS = 16;

/**
 * Starts at once; see {@link BuildRun}.
 * @example
 * const run = buildPaths(store, [{ drvPath }], { maxJobs: 2 });
 * for await (const event of run) if (event.type === "log") show(event.line);
 * const { success } = await run.result;
 */
export function buildPaths(store: LocalStore, targets: readonly BuildTarget[], options: BuildOptions = {}): BuildRun {
  const cancel = new AbortController();
  const events = new EventQueue<BuildEvent>(() => cancel.abort());
  const signal = options.signal === undefined ? cancel.signal : AbortSignal.any([cancel.signal, options.signal]);
  const result = runBuilds(store, targets, { options, signal, events })
    .catch((error: unknown) => {
      throw toStoreError(error, store.root);
    })
    .finally(() => events.close());
  // whoever only reads events must not bring the process down with an unhandled rejection
  result.catch(() => {});
  return { result, [Symbol.asyncIterator]: () => events };
}

interface RunSetup {
  readonly options: BuildOptions;
  readonly signal: AbortSignal;
  readonly events: EventQueue<BuildEvent>;
}

async function runBuilds(
  store: LocalStore,
  targets: readonly BuildTarget[],
  { options, signal, events }: RunSetup,
): Promise<Awaited<BuildRun["result"]>> {
  const graph = planGoals(store, targets, options.derivations);
  const emit = (event: BuildEvent) => events.push(event);
  emit(describePlan(graph));
  if (graph.goals.size > 0) await runGraph(graph, { store, options, emit, signal });
  const results = targets.map((target) => targetResult(target, graph, emit));
  return { success: results.every(({ outcome }) => outcome === "built" || outcome === "cached"), targets: results };
}

interface GraphSetup extends Omit<RunSetup, "events"> {
  readonly store: LocalStore;
  readonly emit: BuildContext["emit"];
}

async function runGraph(graph: GoalGraph, setup: GraphSetup): Promise<void> {
  const { store, options, emit, signal } = setup;
  const settings = buildSettings(options);
  const run = (runner: GoalRunner): Promise<void> =>
    runGoals(graph.goals.values(), runner, {
      maxJobs: options.maxJobs ?? availableParallelism(),
      maxDownloads: MAX_DOWNLOADS,
      keepGoing: options.keepGoing ?? false,
      signal,
    });
  if (options.shared !== undefined) return await run(options.shared.runner(store, settings, emit));
  const scratch = new ScratchFolders(store.root);
  const locks = new PathLocks(join(scratch.top, "locks.sqlite"));
  const pipes = new LogPipes(scratch.pathOf("pipes"));
  const downloader = new Downloader(process.env);
  try {
    await run(createGoalRunner({ ...settings, store, scratch, locks, pipes, downloader, emit }));
  } finally {
    downloader.close();
    locks.close();
    await scratch.close();
  }
}

function buildSettings(options: BuildOptions): SharedBuildSettings {
  return {
    cores: options.cores ?? availableParallelism(),
    keepFailed: options.keepFailed ?? false,
    timeoutMs: options.timeoutMs ?? null,
    maxSilentMs: options.maxSilentMs ?? null,
  };
}

function describePlan(graph: GoalGraph): BuildEvent {
  const goals = [...graph.goals.values()];
  const downloadCount = goals.filter((goal) => isDownload(goal.derivation)).length;
  return {
    type: "plan",
    buildCount: goals.length - downloadCount,
    downloadCount,
    drvPaths: goals.map((goal) => goal.drvPath),
  };
}

function targetResult(target: BuildTarget, graph: GoalGraph, emit: BuildContext["emit"]): TargetResult {
  const { drvPath } = target;
  const outputs = wantedOutputs(target, graph);
  const outcome = graph.goals.get(drvPath)?.outcome ?? null;
  if (outcome !== null) return { drvPath, outcome, outputs };
  const name = derivationName(drvPath);
  emit({ type: "finished", drvPath, name, outcome: "cached", durationMs: 0, outputs });
  return { drvPath, outcome: "cached", outputs };
}

function wantedOutputs(target: BuildTarget, graph: GoalGraph): Record<string, string> {
  const derivation = graph.derivations.get(target.drvPath);
  const all = derivation === undefined ? {} : outputPathsOf(derivation);
  if (target.outputs === undefined) return all;
  return Object.fromEntries(Object.entries(all).filter(([name]) => target.outputs?.includes(name)));
}
