/**
 * Ends an evaluation that takes more memory than it may, before V8's own limit is reached: with a deep stack V8 finds no
 * moment to stop the worker there and aborts the whole process. So V8 is given more than the cap, and the thread that waits
 * looks how much the worker holds.
 */
import { totalmem } from "node:os";
import type { ResourceLimits, Worker } from "node:worker_threads";
import { AppError } from "#store/std/app-error.ts";

const mib = 1024 * 1024;
/** What the young generation may bring into the old one between two looks. */
const leewayMib = 512;
const lookEveryMs = 50;
/** Part of the machine's memory that an evaluation may take unless told. */
const defaultShare = 0.7;

/** The cap: what was asked for, `FIRN_EVAL_MEMORY` (MiB), or 70 % of the memory that this process may use. */
export function memoryCapMib(asked: number | undefined): number {
  if (asked !== undefined) return asked;
  const configured = Number(process.env["FIRN_EVAL_MEMORY"]);
  if (configured > 0) return configured;
  const constrained = process.constrainedMemory();
  const available = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.max(512, Math.floor((available / mib) * defaultShare));
}

export function resourceLimits(capMib: number, stackMib: number): ResourceLimits {
  return { stackSizeMb: stackMib, maxOldGenerationSizeMb: capMib + leewayMib };
}

/** Calls `onExceeded` once when the worker's heap is larger than the cap. Returns what ends the watch. */
export function guardMemory(worker: Worker, capMib: number, onExceeded: () => void): () => void {
  let asking = false;
  const look = async (): Promise<void> => {
    // The heap is part of what the process holds, and asking the process costs nothing.
    if (asking || process.memoryUsage.rss() < capMib * mib) return;
    asking = true;
    const { used_heap_size, external_memory } = await worker.getHeapStatistics();
    asking = false;
    if (used_heap_size + external_memory < capMib * mib) return;
    clearInterval(timer);
    onExceeded();
  };
  // A worker that has ended meanwhile has nothing to tell.
  const timer = setInterval(() => void look().catch(() => {}), lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** V8's own limit, should the worker reach it before the guard has looked. */
export function isWorkerOutOfMemory(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
}

/** @param attributePath what was being evaluated, `""` for a whole file or expression */
export function outOfMemory(capMib: number, attributePath: string, cause?: unknown): AppError {
  const what = attributePath === "" ? "The evaluation" : `The evaluation of '${attributePath}'`;
  return new AppError("EVAL_OUT_OF_MEMORY", `${what} ran out of memory: it holds more than ${capMib} MiB`, {
    hint: "endless recursion over data does this too; FIRN_EVAL_MEMORY=<MiB> in the environment raises the limit",
    ...(cause === undefined ? {} : { cause }),
  });
}
