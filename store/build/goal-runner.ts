/** Between scheduler and builder: turns what happens to a goal into events, and errors into outcomes. */
import { toStoreError } from "../local/store-errors.ts";
import { type AppError, isAppError } from "../std/app-error.ts";
import type { BuildContext } from "./build-context.ts";
import { buildDerivation } from "./build-derivation.ts";
import { isDownload, outputPathsOf } from "./derivation-traits.ts";
import type { BuildEvent, BuildOutcome } from "./events.ts";
import { type Goal, sizeOfOutputs } from "./goal-graph.ts";
import type { GoalRunner } from "./scheduler.ts";

type FinishedEvent = Extract<BuildEvent, { type: "finished" }>;

const HOST_LACKS_EXIT_CODE = 3;

export function createGoalRunner(context: BuildContext): GoalRunner {
  return {
    start: (goal, signal) => runGoal(goal, context, signal),
    sizeBytesOf: (goal) => sizeOfOutputs(context.store, goal.derivation),
    skip: (goal, outcome) => context.emit(finishedEvent(goal, outcome, 0)),
  };
}

async function runGoal(goal: Goal, context: BuildContext, signal: AbortSignal): Promise<BuildOutcome> {
  const startMs = Date.now();
  const kind = isDownload(goal.derivation) ? "download" : "build";
  context.emit({ type: "started", drvPath: goal.drvPath, name: goal.name, kind, timeMs: startMs });
  try {
    const outcome = await buildDerivation(goal, context, signal);
    context.emit(finishedEvent(goal, outcome, Date.now() - startMs));
    return outcome;
  } catch (thrown) {
    const error = toStoreError(thrown, context.store.root);
    const outcome = outcomeOf(error, signal);
    context.emit(finishedEvent(goal, outcome, Date.now() - startMs, isAppError(error) ? error : null));
    if (outcome !== "cancelled" && !isFailureOfBuild(error)) throw error;
    return outcome;
  }
}

/** Not a fault of ours, nor something that the host lacks and any build would need. */
function isFailureOfBuild(error: unknown): boolean {
  return isAppError(error) && error.exitCode !== HOST_LACKS_EXIT_CODE;
}

function outcomeOf(error: unknown, signal: AbortSignal): BuildOutcome {
  if (signal.aborted) return "cancelled";
  return isAppError(error) && error.code === "STORE_BUILD_TIMED_OUT" ? "timed-out" : "failed";
}

function finishedEvent(
  goal: Goal,
  outcome: BuildOutcome,
  durationMs: number,
  error: AppError | null = null,
): FinishedEvent {
  const outputs = outputPathsOf(goal.derivation);
  const event: FinishedEvent = {
    type: "finished",
    drvPath: goal.drvPath,
    name: goal.name,
    outcome,
    durationMs,
    outputs,
  };
  if (error === null || outcome === "cancelled") return event;
  return {
    ...event,
    error: {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.details === undefined ? {} : { details: error.details }),
    },
  };
}
