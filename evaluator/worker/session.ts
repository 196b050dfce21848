/**
 * The asking side of a session. Calls run one after the other. An interruption first asks: what runs looks at a shared word
 * at every call and thunk and fails there, so that values survive. What does not look in time (a builtin at work on
 * something huge) is ended with its worker; a new one takes its place and is told again what had been defined.
 */
import { Worker } from "node:worker_threads";
import { AppError } from "#store/std/app-error.ts";
import type { EvaluationRequestData } from "../request.ts";
import { guardMemory, memoryCapMib, outOfMemory, resourceLimits } from "./memory-guard.ts";
import { finishRealise, type RealiseRequest, sharedBytes } from "./protocol.ts";
import type {
  SessionErrorData,
  SessionMessage,
  SessionOperation,
  SessionOperations,
  SessionStart,
} from "./session-protocol.ts";
import { stackMib } from "./start-worker.ts";
import { keepYoungGenerationSmall } from "./young-generation.ts";

export interface SessionHooks {
  readonly onLog: (line: string) => void;
  readonly realise: (requests: readonly RealiseRequest[]) => Promise<void>;
  readonly memoryLimitMib: number | undefined;
}

/** An {@link AppError} of a line that ended too early. */
export class IncompleteInput extends AppError {
  readonly incomplete = true;
}

interface Waiting {
  readonly id: number;
  readonly operation: SessionOperation;
  readonly argument: unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** How long an interrupted evaluation may take to notice. */
const patienceMs = 700;

type Argument<K extends SessionOperation> = Parameters<SessionOperations[K]>[0];

export class EvaluationSession implements Disposable {
  #request: EvaluationRequestData;
  readonly #hooks: SessionHooks;
  readonly #interrupt = new SharedArrayBuffer(4);
  readonly #capMib: number;
  /** What has defined variables, to be told again to a new worker. */
  readonly #journal: { readonly operation: SessionOperation; readonly argument: unknown }[] = [];
  #worker: Worker | null = null;
  #unguard: () => void = () => {};
  #shared = new SharedArrayBuffer(sharedBytes);
  #waiting: Waiting[] = [];
  #nextId = 1;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(request: EvaluationRequestData, hooks: SessionHooks) {
    this.#request = request;
    this.#hooks = hooks;
    this.#capMib = memoryCapMib(hooks.memoryLimitMib);
  }

  /**
   * Runs one operation after those that were asked for before.
   * @throws AppError `EVAL_*`; `EVAL_INTERRUPTED` after {@link interrupt}
   */
  call<K extends SessionOperation>(operation: K, argument: Argument<K>): Promise<ReturnType<SessionOperations[K]>> {
    const run = this.#last.then(() => this.#run(operation, argument));
    this.#last = run.catch(() => {});
    return run;
  }

  /** Ends what runs; the session and its values stay. Does nothing when nothing runs. */
  interrupt(): void {
    const [running] = this.#waiting;
    if (running === undefined) return;
    Atomics.store(new Int32Array(this.#interrupt), 0, 1);
    setTimeout(() => {
      if (this.#waiting[0] === running) this.#replaceWorker(interrupted());
    }, patienceMs);
  }

  /** Forgets all variables and everything that was computed. */
  reset(): void {
    this.#journal.length = 0;
    this.#replaceWorker(interrupted());
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#replaceWorker(interrupted());
  }

  async #run<K extends SessionOperation>(
    operation: K,
    argument: Argument<K>,
  ): Promise<ReturnType<SessionOperations[K]>> {
    if (this.#worker === null) await this.#start();
    // The worker answers an operation with what that operation gives.
    const result = (await this.#ask(operation, argument)) as ReturnType<SessionOperations[K]>;
    if (operation === "load" || operation === "addAttributes" || isDefinition(result)) {
      this.#journal.push({ operation, argument });
    }
    // For workers to come.
    if (operation === "showTrace") this.#request = { ...this.#request, showTrace: result === true };
    return result;
  }

  #ask(operation: SessionOperation, argument: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      Atomics.store(new Int32Array(this.#interrupt), 0, 0);
      const id = this.#nextId++;
      this.#waiting.push({ id, operation, argument, resolve, reject });
      this.#worker?.postMessage({ id, operation, argument });
    });
  }

  async #start(): Promise<void> {
    if (this.#closed) throw interrupted();
    keepYoungGenerationSmall();
    this.#shared = new SharedArrayBuffer(sharedBytes);
    const worker = new Worker(new URL("quick-start.ts", import.meta.url), {
      argv: ["session-entry.ts"],
      workerData: {
        request: this.#request,
        shared: this.#shared,
        interrupt: this.#interrupt,
      } satisfies SessionStart,
      resourceLimits: resourceLimits(this.#capMib, stackMib),
    });
    this.#worker = worker;
    worker.on("message", (message: SessionMessage) => this.#receive(worker, message));
    worker.on("error", (error) => this.#crashed(worker, error));
    worker.on("exit", () => this.#crashed(worker, null));
    this.#unguard = guardMemory(worker, this.#capMib, () => this.#replaceWorker(outOfMemory(this.#capMib, "")));
    for (const { operation, argument } of this.#journal) await this.#ask(operation, argument).catch(() => {});
  }

  #receive(worker: Worker, message: SessionMessage): void {
    if (worker !== this.#worker) return;
    if (message.type === "log") this.#hooks.onLog(message.line);
    else if (message.type === "realise") void this.#build(message.requests, this.#shared);
    else {
      const index = this.#waiting.findIndex(({ id }) => id === message.id);
      const [call] = index < 0 ? [] : this.#waiting.splice(index, 1);
      if (message.type === "result") call?.resolve(message.result);
      else call?.reject(toAppError(message.error));
    }
  }

  async #build(requests: readonly RealiseRequest[], shared: SharedArrayBuffer): Promise<void> {
    try {
      await this.#hooks.realise(requests);
      finishRealise(shared, null);
    } catch (error) {
      finishRealise(shared, error instanceof Error ? error.message : String(error));
    }
  }

  #crashed(worker: Worker, error: unknown): void {
    if (worker !== this.#worker) return;
    const isMemory = error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
    this.#replaceWorker(isMemory ? outOfMemory(this.#capMib, "", error) : (error ?? crashed()));
  }

  /** Ends the worker; what waits for it fails. The next call starts another. */
  #replaceWorker(reason: unknown): void {
    const worker = this.#worker;
    this.#worker = null;
    this.#unguard();
    const waiting = this.#waiting;
    this.#waiting = [];
    void worker?.terminate();
    for (const call of waiting) call.reject(reason);
  }
}

function isDefinition(result: unknown): boolean {
  return typeof result === "object" && result !== null && "type" in result && result.type === "defined";
}

function interrupted(): AppError {
  return new AppError("EVAL_INTERRUPTED", "interrupted", { exitCode: 130 });
}

function crashed(): AppError {
  return new AppError("EVAL_CRASHED", "The evaluation ended without an answer");
}

function toAppError({ code, message, hint, details, incomplete }: SessionErrorData): AppError {
  const options = { ...(hint === undefined ? {} : { hint }), ...(details === undefined ? {} : { details }) };
  return incomplete === true ? new IncompleteInput(code, message, options) : new AppError(code, message, options);
}
