/**
 * Evaluates again whenever something that was read has changed. One thread stays for all rounds, so that the evaluator's own
 * code is compiled and hot, and the store stays open, whose temporary roots keep what was written from being collected.
 */
import { Worker } from "node:worker_threads";
import { AppError } from "#store/std/app-error.ts";
import type { ReadLog } from "../glue/results/read-log.ts";
import { ReadWatcher } from "../glue/results/read-watcher.ts";
import type { ErrorData, EvaluationAnswer, EvaluationRequestData } from "../request.ts";
import { guardMemory, isWorkerOutOfMemory, memoryCapMib, outOfMemory, resourceLimits } from "./memory-guard.ts";
import { finishRealise, sharedBytes } from "./protocol.ts";
import type { SessionHooks } from "./session.ts";
import { stackMib } from "./start-worker.ts";
import { StoreWriter } from "./store-writer.ts";
import type { Round, WatchMessage, WatchStart } from "./watch-protocol.ts";
import { keepYoungGenerationSmall } from "./young-generation.ts";

/** One answer of a watched evaluation, or why there is none. */
export type WatchedAnswer = {
  readonly durationMs: number;
  /** Files and folders whose change leads to the next answer. */
  readonly watchedCount: number;
} & ({ readonly answer: EvaluationAnswer } | { readonly error: AppError });

/** How long after a change that might not have shown another round makes sure. */
const certaintyMs = 100;

/** Ends when the signal does, or with an error that is none of the evaluation. */
export async function* watchEvaluation(
  request: EvaluationRequestData,
  hooks: SessionHooks & { readonly signal: AbortSignal | undefined },
): AsyncGenerator<WatchedAnswer> {
  using thread = new WatchThread(request, hooks);
  using watcher = new ReadWatcher(request.environment);
  let reads: readonly ReadLog[] = [];
  for (let last = ""; ; ) {
    const startMs = performance.now();
    const { isCertain, ...result } = await thread.round();
    // A round that was cut short by its memory has read nothing that is known; what the one before read will do.
    if (result.reads.length > 0) reads = result.reads;
    const shown = JSON.stringify([result.answer, result.error?.message]);
    if (shown !== last) yield toWatched(result, performance.now() - startMs, reads);
    last = shown;
    await watcher.changed(reads, { signal: hooks.signal, ...(isCertain ? {} : { atLatestMs: certaintyMs }) });
  }
}

function toWatched(
  { answer, error }: Pick<Round, "answer" | "error">,
  durationMs: number,
  reads: readonly ReadLog[],
): WatchedAnswer {
  const watchedCount = reads.reduce((count, { paths }) => count + paths.length, 0);
  if (answer !== null) return { durationMs, watchedCount, answer };
  const { code, message, hint, details }: ErrorData = error ?? { code: "EVAL_CRASHED", message: "No answer" };
  const options = { ...(hint === undefined ? {} : { hint }), ...(details === undefined ? {} : { details }) };
  return { durationMs, watchedCount, error: new AppError(code, message, options) };
}

class WatchThread implements Disposable {
  readonly #request: EvaluationRequestData;
  readonly #hooks: SessionHooks & { readonly signal: AbortSignal | undefined };
  readonly #writer: StoreWriter;
  readonly #capMib: number;
  #worker: Worker | null = null;
  #unguard: () => void = () => {};
  #settle: { resolve(round: Round): void; reject(error: unknown): void } | null = null;

  constructor(request: EvaluationRequestData, hooks: SessionHooks & { readonly signal: AbortSignal | undefined }) {
    this.#request = request;
    this.#hooks = hooks;
    this.#writer = new StoreWriter(request.root);
    this.#capMib = memoryCapMib(hooks.memoryLimitMib);
  }

  /** @throws the signal's reason, and what is no error of the evaluation */
  round(): Promise<Round> {
    const { signal } = this.#hooks;
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Round>();
    const stop = (): void => {
      this.#end();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", stop, { once: true });
    this.#settle = { resolve, reject };
    this.#worker ??= this.#start();
    this.#worker.postMessage(null);
    return promise.finally(() => signal?.removeEventListener("abort", stop));
  }

  #start(): Worker {
    keepYoungGenerationSmall();
    const shared = new SharedArrayBuffer(sharedBytes);
    const worker = new Worker(new URL("quick-start.ts", import.meta.url), {
      argv: ["watch-thread.ts"],
      workerData: { request: this.#request, shared } satisfies WatchStart,
      resourceLimits: resourceLimits(this.#capMib, stackMib),
    });
    worker.on("message", (message: WatchMessage) => this.#receive(message, shared));
    worker.on("error", (error) => (isWorkerOutOfMemory(error) ? this.#exhausted() : this.#fail(error)));
    this.#unguard = guardMemory(worker, this.#capMib, () => this.#exhausted());
    return worker;
  }

  #receive(message: WatchMessage, shared: SharedArrayBuffer): void {
    if (message.type === "log") this.#hooks.onLog(message.line);
    else if (message.type === "write") this.#writer.write(message.additions).catch((error) => this.#fail(error));
    else if (message.type === "settle") {
      void this.#writer.settled().then(
        () => finishRealise(shared, null),
        (error) => this.#fail(error),
      );
    } else if (message.type === "realise") {
      void this.#hooks.realise(message.requests).then(
        () => finishRealise(shared, null),
        (error) => finishRealise(shared, error instanceof Error ? error.message : String(error)),
      );
    } else this.#settle?.resolve(message.round);
  }

  /** An answer too; the next round gets a new thread. */
  #exhausted(): void {
    this.#end();
    const { code, message, hint } = outOfMemory(this.#capMib, this.#request.attributePath);
    const error: ErrorData = { code, message, ...(hint === undefined ? {} : { hint }) };
    this.#settle?.resolve({ answer: null, error, reads: [], isCertain: true });
  }

  #fail(error: unknown): void {
    this.#end();
    this.#settle?.reject(error);
  }

  #end(): void {
    this.#unguard();
    void this.#worker?.terminate();
    this.#worker = null;
  }

  [Symbol.dispose](): void {
    this.#end();
    void this.#writer.close();
  }
}
