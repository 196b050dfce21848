/**
 * Runs a request in a worker with a stack of its own: deep recursion in Nix is deep recursion here. The young generation is
 * made large before the worker starts, because every scavenge scans that stack.
 */
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { AppError } from "#store/std/app-error.ts";
import type { ErrorData, EvaluationAnswer, EvaluationRequestData } from "../request.ts";
import { finishRealise, type RealiseRequest, sharedBytes, type WorkerMessage, type WorkerStart } from "./protocol.ts";

export interface WorkerHooks {
  readonly onLog: (line: string) => void;
  readonly realise: (requests: readonly RealiseRequest[]) => Promise<void>;
  readonly signal: AbortSignal | undefined;
  readonly memoryLimitMib: number | undefined;
}

const stackMib = 900;
const semiSpaceMib = 64;

/** @throws AppError `EVAL_*` */
export async function runInWorker(request: EvaluationRequestData, hooks: WorkerHooks): Promise<EvaluationAnswer> {
  hooks.signal?.throwIfAborted();
  const shared = new SharedArrayBuffer(sharedBytes);
  setFlagsFromString(`--min-semi-space-size=${semiSpaceMib}`);
  setFlagsFromString(`--max-semi-space-size=${semiSpaceMib}`);
  const worker = new Worker(new URL("worker-entry.ts", import.meta.url), {
    workerData: { request, shared } satisfies WorkerStart,
    resourceLimits: {
      stackSizeMb: stackMib,
      ...(hooks.memoryLimitMib === undefined ? {} : { maxOldGenerationSizeMb: hooks.memoryLimitMib }),
    },
  });
  const stop = (): void => void worker.terminate();
  hooks.signal?.addEventListener("abort", stop, { once: true });
  try {
    return await answerOf(worker, shared, hooks);
  } finally {
    hooks.signal?.removeEventListener("abort", stop);
    // Terminating twice is harmless, and a worker that has answered is of no more use.
    void worker.terminate();
  }
}

function answerOf(worker: Worker, shared: SharedArrayBuffer, hooks: WorkerHooks): Promise<EvaluationAnswer> {
  return new Promise((resolve, reject) => {
    worker.on("message", (message: WorkerMessage) => {
      if (message.type === "log") hooks.onLog(message.line);
      else if (message.type === "realise") void build(message.requests, shared, hooks);
      else if (message.type === "answer") resolve(message.answer);
      else reject(toAppError(message.error));
    });
    worker.on("error", (error) => reject(toWorkerError(error)));
    worker.on("exit", () => reject(aborted(hooks.signal)));
  });
}

async function build(
  requests: readonly RealiseRequest[],
  shared: SharedArrayBuffer,
  hooks: WorkerHooks,
): Promise<void> {
  try {
    await hooks.realise(requests);
    finishRealise(shared, null);
  } catch (error) {
    finishRealise(shared, error instanceof Error ? error.message : String(error));
  }
}

function toAppError({ code, message, hint, details }: ErrorData): AppError {
  return new AppError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  });
}

function toWorkerError(error: unknown): unknown {
  if (error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") {
    return new AppError("EVAL_OUT_OF_MEMORY", "The evaluation ran out of memory", { cause: error });
  }
  return error;
}

function aborted(signal: AbortSignal | undefined): unknown {
  return signal?.aborted === true
    ? signal.reason
    : new AppError("EVAL_CRASHED", "The evaluation ended without an answer");
}
