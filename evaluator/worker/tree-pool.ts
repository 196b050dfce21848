/**
 * Evaluates all attributes of a tree in several processes. One attribute goes to one process at a time; whatever happens to
 * that process (it loops, takes all memory, is killed) happens to that attribute, and the next one gets a new process.
 * Memory that earlier attributes have filled is no fault of the current one: it is tried once more in a fresh process.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { AppError } from "#store/std/app-error.ts";
import type { ErrorData } from "../request.ts";
import type { RealiseRequest } from "./protocol.ts";
import type {
  AttributeAnswer,
  AttributeDerivation,
  PoolMessage,
  ProcessMessage,
  TreeRequest,
} from "./tree-protocol.ts";

export interface PoolOptions {
  readonly processCount: number;
  /** For one attribute; endless unless told. */
  readonly timeoutMs: number | null;
  readonly signal: AbortSignal | undefined;
  readonly onLog: (line: string) => void;
  readonly realise: (requests: readonly RealiseRequest[]) => Promise<void>;
}

/** A derivation, or why there is none; with how far the evaluation is. */
export type EvaluatedAttribute = {
  readonly attributePath: readonly string[];
  /** Attributes that have been looked at, of those that are known so far. */
  readonly doneCount: number;
  readonly knownCount: number;
} & ({ readonly derivation: AttributeDerivation } | { readonly error: ErrorData });

type Outcome = AttributeAnswer | { readonly type: "exhausted" } | { readonly type: "ended"; readonly how: string };

const entry = fileURLToPath(new URL("tree-process.ts", import.meta.url));

/** One process and what it is asked. */
class TreeProcess {
  readonly #child: ChildProcess;
  readonly #options: PoolOptions;
  #settle: ((outcome: Outcome) => void) | null = null;
  #fail: ((error: unknown) => void) | null = null;
  answeredCount = 0;

  constructor(tree: TreeRequest, options: PoolOptions) {
    this.#options = options;
    this.#child = fork(entry, [], { serialization: "advanced", stdio: ["ignore", "ignore", "inherit", "ipc"] });
    this.#child.on("message", (message: ProcessMessage) => this.#receive(message));
    this.#child.on("error", (error) => this.#fail?.(error));
    this.#child.on("exit", (code, signal) => this.#settle?.({ type: "ended", how: describeEnd(code, signal) }));
    this.#send({ type: "start", tree });
  }

  async ask(path: readonly string[]): Promise<Outcome> {
    const { timeoutMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Outcome>((resolve, reject) => {
        this.#settle = resolve;
        this.#fail = reject;
        if (timeoutMs !== null) timer = setTimeout(() => resolve(tookTooLong(timeoutMs)), timeoutMs);
        this.#send({ type: "evaluate", path });
      });
    } finally {
      clearTimeout(timer);
      this.#settle = null;
      this.#fail = null;
      this.answeredCount++;
    }
  }

  /** Whatever it does: all that it wrote is registered, or is nothing. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
  }

  #send(message: PoolMessage): void {
    // One that has ended says so by its exit.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #receive(message: ProcessMessage): void {
    if (message.type === "log") this.#options.onLog(message.line);
    else if (message.type === "realise") void this.#realise(message.requests);
    else if (message.type === "attribute") this.#settle?.(message.answer);
    else if (message.type === "exhausted") this.#settle?.(message);
    else this.#fail?.(new AppError(message.error.code, message.error.message));
  }

  async #realise(requests: readonly RealiseRequest[]): Promise<void> {
    try {
      await this.#options.realise(requests);
      this.#send({ type: "realised", failure: null });
    } catch (error) {
      this.#send({ type: "realised", failure: error instanceof Error ? error.message : String(error) });
    }
  }
}

function tookTooLong(timeoutMs: number): Outcome {
  const message = `The evaluation took longer than ${timeoutMs / 1000} s`;
  return { type: "failure", error: { code: "EVAL_TIMEOUT", message } };
}

function describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
}

/**
 * @throws AppError when the tree itself cannot be evaluated, or the store not be written; the signal's reason
 */
export async function* evaluateTree(tree: TreeRequest, options: PoolOptions): AsyncGenerator<EvaluatedAttribute> {
  const pool = new Pool(tree, options);
  const stop = (): void => pool.stop(options.signal?.reason);
  options.signal?.throwIfAborted();
  options.signal?.addEventListener("abort", stop, { once: true });
  try {
    yield* pool.run();
  } finally {
    options.signal?.removeEventListener("abort", stop);
    await pool.end();
  }
}

class Pool {
  readonly #tree: TreeRequest;
  readonly #options: PoolOptions;
  readonly #idle: TreeProcess[] = [];
  readonly #all = new Set<TreeProcess>();
  /** Taken from the front by index: shifting a long array costs. */
  readonly #paths: (readonly string[])[] = [[]];
  #next = 0;
  #doneCount = 0;
  readonly #results: EvaluatedAttribute[] = [];
  #failure: { readonly reason: unknown } | null = null;
  #wake: () => void = () => {};
  #runningCount = 0;

  constructor(tree: TreeRequest, options: PoolOptions) {
    this.#tree = tree;
    this.#options = options;
  }

  async *run(): AsyncGenerator<EvaluatedAttribute> {
    for (;;) {
      this.#startMore();
      if (this.#failure !== null) throw this.#failure.reason;
      const result = this.#results.shift();
      if (result !== undefined) yield result;
      else if (this.#runningCount === 0) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  stop(reason: unknown): void {
    this.#failure ??= { reason };
    this.#wake();
  }

  async end(): Promise<void> {
    await Promise.all([...this.#all].map((process) => process.end()));
  }

  #startMore(): void {
    while (this.#failure === null && this.#runningCount < this.#options.processCount) {
      const path = this.#paths[this.#next];
      if (path === undefined) return;
      this.#next++;
      this.#runningCount++;
      void this.#evaluate(path)
        .catch((reason) => this.stop(reason))
        .finally(() => {
          this.#runningCount--;
          this.#doneCount++;
          this.#wake();
        });
    }
  }

  async #evaluate(path: readonly string[]): Promise<void> {
    const process = this.#idle.pop() ?? this.#startProcess();
    const isFresh = process.answeredCount === 0;
    const outcome = await process.ask(path);
    if (outcome.type === "exhausted" || outcome.type === "ended") {
      await this.#discard(process);
      if (!isFresh && this.#failure === null) return this.#evaluate(path);
      return this.#settle(path, { type: "failure", error: this.#lost(outcome) });
    }
    if (outcome.type === "failure" && outcome.error.code === "EVAL_TIMEOUT") await this.#discard(process);
    else this.#idle.push(process);
    this.#settle(path, outcome);
  }

  #settle(path: readonly string[], answer: AttributeAnswer): void {
    if (answer.type === "attributes") {
      for (const name of answer.names) this.#paths.push([...path, name]);
    } else if (answer.type === "failure" && path.length === 0) {
      this.stop(rootFailure(answer.error));
    } else if (answer.type !== "nothing") {
      const what = answer.type === "derivation" ? { derivation: answer.derivation } : { error: answer.error };
      const progress = { doneCount: this.#doneCount + 1, knownCount: this.#paths.length };
      this.#results.push({ attributePath: path, ...progress, ...what });
    }
  }

  #lost(outcome: Extract<Outcome, { type: "exhausted" | "ended" }>): ErrorData {
    if (outcome.type === "ended") {
      return { code: "EVAL_CRASHED", message: `The evaluating process ${outcome.how}` };
    }
    const message = `The evaluation ran out of memory: it holds more than ${this.#tree.capMib} MiB`;
    return { code: "EVAL_OUT_OF_MEMORY", message, hint: "raise the limit with --max-memory-size" };
  }

  #startProcess(): TreeProcess {
    const process = new TreeProcess(this.#tree, this.#options);
    this.#all.add(process);
    return process;
  }

  async #discard(process: TreeProcess): Promise<void> {
    this.#all.delete(process);
    await process.end();
  }
}

function rootFailure({ code, message, hint, details }: ErrorData): AppError {
  return new AppError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  });
}
