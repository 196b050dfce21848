/**
 * Makes the outputs of some derivations valid: plans the goals, runs them, tells what happens as events.
 * A failed build is a result, not an exception; the run rejects only when it cannot go on at all.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { derivationName } from "../formats/store-path.ts";
import { toStoreError } from "../local/store-errors.ts";
import type { LocalStore } from "../local/store-interface.ts";
import { SubstitutionRun } from "../substitute/substitution-run.ts";
import type { BuildContext } from "./build-context.ts";
import { isDownload, outputPathsOf } from "./derivation-traits.ts";
import { EventQueue } from "./event-queue.ts";
import type { BuildEvent, BuildOptions, BuildRun, BuildTarget, TargetResult } from "./events.ts";
import { Downloader } from "./fetch/downloader.ts";
import type { GoalGraph } from "./goal-graph.ts";
import { createGoalRunner } from "./goal-runner.ts";
import { PathLocks } from "./path-locks.ts";
import { planRun, type RunPlan, sizesOf } from "./plan-run.ts";
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
  const emit = (event: BuildEvent) => events.push(event);
  const stopListening = options.substituters?.listen((message) => emit({ type: "warning", message }));
  try {
    const setup = { store, options, emit, signal };
    const { graph, failed } = await runRounds(targets, setup);
    const results = targets.map((target) => targetResult(target, { graph, failed, store, emit }));
    return resultOf(results, options.paths ?? [], store);
  } finally {
    stopListening?.();
  }
}

function resultOf(
  results: readonly TargetResult[],
  paths: readonly string[],
  store: LocalStore,
): Awaited<BuildRun["result"]> {
  const isWell = results.every(({ outcome }) => outcome === "built" || outcome === "cached");
  return { success: isWell && paths.every((path) => store.isValidPath(path)), targets: results };
}

interface RoundResult {
  readonly graph: GoalGraph;
  /** Path -> why it could not be fetched. */
  readonly failed: ReadonlyMap<string, string>;
}

/** One round, unless something that should be fetched has to be built in the end: then what is missing is planned anew. */
async function runRounds(targets: readonly BuildTarget[], setup: GraphSetup): Promise<RoundResult> {
  const except = new Set<string>();
  const mayFallBack = setup.options.substituters?.options.fallback === true;
  for (;;) {
    const plan = await planRun(setup.store, targets, { ...setup.options, signal: setup.signal, except });
    const held: BuildEvent[] = [];
    const emit = mayFallBack ? holdBackSkips(setup.emit, held) : setup.emit;
    if (except.size === 0 || plan.graph.goals.size > 0) emit(describePlan(plan));
    const failed = await runPlan(plan, { ...setup, emit });
    const isOver = !mayFallBack || failed.size === 0 || setup.signal.aborted;
    if (isOver) {
      for (const event of held) setup.emit(event);
      return { graph: plan.graph, failed };
    }
    for (const [path, why] of failed) {
      except.add(path);
      setup.emit({ type: "warning", message: `building '${path}', as it could not be fetched from ${why}` });
    }
  }
}

/** What did not start because something could not be fetched may start in the next round. */
function holdBackSkips(emit: BuildContext["emit"], held: BuildEvent[]): BuildContext["emit"] {
  return (event) => {
    if (event.type === "finished" && event.outcome === "dependency-failed") held.push(event);
    else emit(event);
  };
}

async function runPlan(plan: RunPlan, setup: GraphSetup): Promise<ReadonlyMap<string, string>> {
  const { options, store, signal } = setup;
  const { substituters } = options;
  if (substituters === undefined || substituters === null || plan.fetches.size === 0) {
    if (plan.graph.goals.size > 0) await runGraph(plan.graph, setup);
    return new Map();
  }
  const stop = new AbortController();
  const scratch = new ScratchFolders(store.root);
  const locks = new PathLocks(join(scratch.top, "locks.sqlite"));
  const fetching = new SubstitutionRun({
    store,
    locks,
    substituters,
    emit: setup.emit,
    signal: AbortSignal.any([signal, stop.signal]),
  });
  try {
    fetching.start(plan.fetches);
    if (plan.graph.goals.size > 0) await runGraph(plan.graph, { ...setup, fetching });
    const isWell = [...plan.graph.goals.values()].every(({ outcome }) => outcome === "built" || outcome === "cached");
    if (!isWell && options.keepGoing !== true && !substituters.options.fallback) stop.abort();
    await fetching.finish();
    return fetching.failed;
  } finally {
    stop.abort();
    await fetching.finish().catch(() => {});
    locks.close();
    await scratch.close();
  }
}

interface GraphSetup extends Omit<RunSetup, "events"> {
  readonly store: LocalStore;
  readonly emit: BuildContext["emit"];
  readonly fetching?: SubstitutionRun;
}

async function runGraph(graph: GoalGraph, setup: GraphSetup): Promise<void> {
  const { store, options, emit, signal, fetching } = setup;
  const mayFallBack = options.substituters?.options.fallback === true;
  const settings = buildSettings(options);
  const run = (runner: GoalRunner): Promise<void> =>
    runGoals(graph.goals.values(), runner, {
      maxJobs: options.maxJobs ?? availableParallelism(),
      maxDownloads: MAX_DOWNLOADS,
      keepGoing: options.keepGoing ?? mayFallBack,
      signal,
      fetchInputs: ({ fetchedInputs }) =>
        fetching === undefined || fetchedInputs.length === 0 ? null : fetching.ready(fetchedInputs),
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

function describePlan({ graph, fetches }: RunPlan): BuildEvent {
  const goals = [...graph.goals.values()];
  const downloadCount = goals.filter((goal) => isDownload(goal.derivation)).length;
  return {
    type: "plan",
    buildCount: goals.length - downloadCount,
    downloadCount,
    drvPaths: goals.map((goal) => goal.drvPath),
    ...(fetches.size === 0 ? {} : { substitution: { pathCount: fetches.size, ...sizesOf(fetches) } }),
  };
}

interface TargetSetup extends RoundResult, Pick<GraphSetup, "store" | "emit"> {}

function targetResult(target: BuildTarget, { graph, failed, store, emit }: TargetSetup): TargetResult {
  const { drvPath } = target;
  const outputs = wantedOutputs(target, graph);
  const outcome = graph.goals.get(drvPath)?.outcome ?? null;
  if (outcome !== null) return { drvPath, outcome, outputs };
  const finished = { type: "finished", drvPath, name: derivationName(drvPath), durationMs: 0, outputs } as const;
  const missing = Object.values(outputs).filter((path) => !store.isValidPath(path));
  if (missing.length === 0) {
    emit({ ...finished, outcome: "cached" });
    return { drvPath, outcome: "cached", outputs };
  }
  const isFetchFailure = failed.size > 0;
  if (isFetchFailure) emit({ ...finished, outcome: "failed", error: fetchFailure(drvPath, failed) });
  else emit({ ...finished, outcome: "cancelled" });
  return { drvPath, outcome: isFetchFailure ? "failed" : "cancelled", outputs };
}

function fetchFailure(drvPath: string, failed: ReadonlyMap<string, string>) {
  return {
    code: "STORE_SUBSTITUTION_FAILED",
    message: `Some substitutes for the outputs of derivation '${drvPath}' could not be fetched`,
    hint: "Try again, or give '--fallback' to build what cannot be fetched",
    details: [...failed].map(([path, why]) => `'${path}' from ${why}`).join("\n"),
  };
}

function wantedOutputs(target: BuildTarget, graph: GoalGraph): Record<string, string> {
  const derivation = graph.derivations.get(target.drvPath);
  const all = derivation === undefined ? {} : outputPathsOf(derivation);
  if (target.outputs === undefined) return all;
  return Object.fromEntries(Object.entries(all).filter(([name]) => target.outputs?.includes(name)));
}
