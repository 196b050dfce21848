/** Runs a request in a worker with a stack of its own: deep recursion in Nix is deep recursion here. */
import { Worker } from "node:worker_threads";
import { AppError } from "#store/std/app-error.ts";
import type { ErrorData, EvaluationAnswer, EvaluationRequestData } from "../request.ts";
import { guardMemory, isWorkerOutOfMemory, memoryCapMib, outOfMemory, resourceLimits } from "./memory-guard.ts";
import { finishRealise, type RealiseRequest, sharedBytes, type WorkerMessage, type WorkerStart } from "./protocol.ts";
import { StoreWriter } from "./store-writer.ts";
import { keepYoungGenerationSmall } from "./young-generation.ts";

export interface WorkerHooks {
  readonly onLog: (line: string) => void;
  readonly realise: (requests: readonly RealiseRequest[]) => Promise<void>;
  readonly signal: AbortSignal | undefined;
  readonly memoryLimitMib: number | undefined;
  /** Under which the answer is kept; null to keep nothing. */
  readonly resultKey: string | null;
}

export const stackMib = 1200;

/** @throws AppError `EVAL_*` */
export async function runInWorker(request: EvaluationRequestData, hooks: WorkerHooks): Promise<EvaluationAnswer> {
  hooks.signal?.throwIfAborted();
  const shared = new SharedArrayBuffer(sharedBytes);
  const capMib = memoryCapMib(hooks.memoryLimitMib);
  keepYoungGenerationSmall();
  const worker = new Worker(new URL("quick-start.ts", import.meta.url), {
    argv: ["worker-entry.ts"],
    workerData: { request, resultKey: hooks.resultKey, shared } satisfies WorkerStart,
    resourceLimits: resourceLimits(capMib, stackMib),
  });
  const memory = new AbortController();
  const endGuard = guardMemory(worker, capMib, () => memory.abort(outOfMemory(capMib, request.attributePath)));
  const end = hooks.signal === undefined ? memory.signal : AbortSignal.any([hooks.signal, memory.signal]);
  end.addEventListener("abort", () => void worker.terminate(), { once: true });
  const writer = new StoreWriter(request.root);
  try {
    return await answerOf({ worker, shared, hooks, end, writer });
  } catch (error) {
    throw isWorkerOutOfMemory(error) ? outOfMemory(capMib, request.attributePath, error) : error;
  } finally {
    endGuard();
    // Terminating twice is harmless, and a worker that has answered is of no more use.
    void worker.terminate();
    await writer.close();
  }
}

interface Running {
  readonly worker: Worker;
  readonly shared: SharedArrayBuffer;
  readonly hooks: WorkerHooks;
  readonly end: AbortSignal;
  readonly writer: StoreWriter;
}

function answerOf({ worker, shared, hooks, end, writer }: Running): Promise<EvaluationAnswer> {
  return new Promise((resolve, reject) => {
    worker.on("message", (message: WorkerMessage) => {
      if (message.type === "log") hooks.onLog(message.line);
      else if (message.type === "write") writer.write(message.additions).catch(reject);
      else if (message.type === "settle") void writer.settled().then(() => finishRealise(shared, null), reject);
      else if (message.type === "realise") void build(message.requests, shared, hooks);
      else if (message.type === "answer") void writer.settled().then(() => resolve(message.answer), reject);
      else reject(toAppError(message.error));
    });
    worker.on("error", reject);
    // The answer may come at the same moment, and be waiting for the last batch.
    const ended = (): void => reject(end.aborted ? end.reason : crashed());
    worker.on("exit", () => void writer.settled().then(ended, ended));
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

function crashed(): AppError {
  return new AppError("EVAL_CRASHED", "The evaluation ended without an answer");
}
