/**
 * Builds one derivation whose inputs are valid, or finds that another process just did. Everything happens in a private
 * folder; the outputs are moved into the store and registered at the very end, under locks on their paths, so at no
 * moment can a half-made output be taken for a valid one.
 */
import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { AppError, isAppError } from "../std/app-error.ts";
import type { BuildContext } from "./build-context.ts";
import { BuildDeadline } from "./build-deadline.ts";
import { BuildLog } from "./build-log.ts";
import type { BuildWork } from "./build-work.ts";
import { BUILTIN_BUILDERS } from "./builtin/builtin-builders.ts";
import type { Goal } from "./goal-graph.ts";
import { checkBuildableHere } from "./platform.ts";
import { registerOutputs } from "./register-outputs.ts";
import { runBuilder } from "./run-builder.ts";
import { runBuiltin } from "./run-builtin.ts";

/** @throws AppError when it fails; the abort reason when it was cancelled */
export async function buildDerivation(
  goal: Goal,
  context: BuildContext,
  signal: AbortSignal,
): Promise<"built" | "cached"> {
  const { store } = context;
  checkBuildableHere(goal.name, goal.derivation);
  const outputPaths = [...goal.derivation.outputs.values()].map(({ path }) => path);
  for (const path of outputPaths) store.addTempRoot(path);
  const lock = await context.locks.acquire(outputPaths, signal);
  try {
    const areValid = outputPaths.every((path) => store.isValidPath(path));
    if (goal.mode === "normal" && areValid) return "cached";
    if (goal.mode === "check" && !areValid) {
      throw new AppError(
        "STORE_NOTHING_TO_CHECK",
        `Some outputs of '${goal.drvPath}' are not valid, so checking is not possible`,
      );
    }
    await buildLocked(goal, context, signal);
    return "built";
  } finally {
    lock.release();
  }
}

async function buildLocked(goal: Goal, context: BuildContext, signal: AbortSignal): Promise<void> {
  const folder = context.scratch.make();
  const deadline = new BuildDeadline({ signal, timeoutMs: context.timeoutMs, maxSilentMs: context.maxSilentMs });
  const log = openLog(goal, context);
  try {
    const work = { goal, context, folder, inputs: inputClosure(goal, context), log, deadline };
    await produceOutputs(work);
    registerOutputs(work);
  } catch (error) {
    throw context.keepFailed && isAppError(error) ? keepBuildFolder({ folder, goal, context }, error) : error;
  } finally {
    deadline.clear();
    await log.close();
    context.scratch.remove(folder);
  }
}

function openLog({ drvPath }: Goal, { store, emit }: BuildContext): BuildLog {
  return new BuildLog(store.root, drvPath, {
    onLine: (line) => emit({ type: "log", drvPath, line }),
    onPhase: (phase) => emit({ type: "phase", drvPath, phase, timeMs: Date.now() }),
  });
}

function inputClosure({ derivation }: Goal, { store }: BuildContext): ReadonlySet<string> {
  const tops = [...derivation.inputSrcs];
  for (const [drvPath, names] of derivation.inputDrvs) {
    const { outputs } = store.readDerivation(drvPath);
    for (const name of names) {
      const output = outputs.get(name);
      if (output !== undefined) tops.push(output.path);
    }
  }
  return new Set(store.computeClosure(tops));
}

async function produceOutputs(work: BuildWork): Promise<void> {
  const { builder } = work.goal.derivation;
  mkdirSync(join(work.folder, "store"), { mode: 0o755 });
  const builtin = BUILTIN_BUILDERS.get(builder);
  if (builtin !== undefined) return await runBuiltin(work, builtin);
  if (!builder.startsWith("builtin:")) return await runBuilder(work);
  throw new AppError("STORE_UNKNOWN_BUILTIN", `There is no builder '${builder}'`, {
    hint: `There are: ${[...BUILTIN_BUILDERS.keys()].join(", ")}`,
  });
}

/** Moves the builder's own folder to where nobody removes it. */
function keepBuildFolder(
  { folder, goal, context }: Pick<BuildWork, "folder" | "goal" | "context">,
  error: AppError,
): AppError {
  const kept = join(context.scratch.top, `keep-${goal.name}-${Date.now()}`);
  renameSync(join(folder, "build"), kept);
  return new AppError(error.code, error.message, {
    hint: `The build folder is kept: '${kept}'`,
    cause: error,
    exitCode: error.exitCode,
    ...(error.details === undefined ? {} : { details: error.details }),
  });
}
