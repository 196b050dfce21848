/** The evaluator, for everything outside `evaluator/`. Cheap to import: the evaluation itself is loaded by its worker. */
import { resolve } from "node:path";
import type { KnownResult } from "./glue/results/find-result.ts";
import {
  type AutoArgument,
  defaultSettings,
  type EvaluationAnswer,
  type EvaluationRequestData,
  type EvaluationSettings,
  type EvaluationSource,
  type OutputMode,
} from "./request.ts";
import type { RealiseRequest } from "./worker/protocol.ts";
import type { EvaluationSession, SessionHooks } from "./worker/session.ts";
import type { EvaluatedAttribute } from "./worker/tree-pool.ts";
import type { WatchedAnswer } from "./worker/watch.ts";

export type {
  AutoArgument,
  EvaluatedDerivation,
  EvaluatedJob,
  EvaluationAnswer,
  EvaluationSettings,
  EvaluationSource,
  OutputMode,
} from "./request.ts";
export type { RealiseRequest } from "./worker/protocol.ts";
export type {
  Completion,
  Documentation,
  LineResult,
  SessionOperations,
  ShowDepth,
  SourcePlace,
} from "./worker/session-protocol.ts";
export type { EvaluatedAttribute } from "./worker/tree-pool.ts";
export type { AttributeDerivation } from "./worker/tree-protocol.ts";
export type { WatchedAnswer } from "./worker/watch.ts";

/**
 * What to evaluate and what to make of it. All text is ordinary text.
 *
 * @example
 * const answer = await evaluate({
 *   source: { type: "file", path: "/srv/distro/default.nix" },
 *   attributePath: "hello",
 *   output: { type: "instantiate", select: ["meta"] },
 *   root: "/srv/firn",
 * });
 */
export interface EvaluateOptions extends Partial<EvaluationSettings> {
  readonly source: EvaluationSource | { readonly type: "text"; readonly text: string };
  /** As `-A` takes it. */
  readonly attributePath?: string;
  /** Arguments for functions that are called on the way: `--arg`, `--argstr`. */
  readonly autoArgs?: Readonly<Record<string, AutoArgument>>;
  /** `-I` entries, `name=path` or `path`. */
  readonly searchPath?: readonly string[];
  /** What relative paths are relative to; the current folder unless told. */
  readonly folder?: string;
  /** Physical root of the store that derivations and sources are written to. */
  readonly root: string;
  /** Compute paths, write nothing (default: for `instantiate` and `jobs` false, else true). */
  readonly readOnly?: boolean;
  /** `builtins.currentSystem`; this machine's unless told. */
  readonly system?: string;
  readonly output: OutputMode;
  /** All frames of an error, with code. */
  readonly showTrace?: boolean;
  /** Environment for `getEnv`, NIX_PATH and HOME; the process's own unless told. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Cap of the evaluation's heap. */
  readonly memoryLimitMib?: number;
  /** Ends the evaluation at once; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Lines of `builtins.trace` and warnings. */
  readonly onLog?: (line: string) => void;
  /** Builds outputs that the evaluation needs to read (import from derivation). Without it that is an error. */
  readonly realise?: (requests: readonly RealiseRequest[]) => Promise<void>;
}

/**
 * Evaluates in a worker of its own.
 * @throws AppError `EVAL_*`: message and hint for people, `details` with place, code and trace
 */
export async function evaluate(options: EvaluateOptions): Promise<EvaluationAnswer> {
  const request = requestOf(options);
  const hooks = hooksOf(options);
  const { key, result } = mayBeKnown(request) ? await findKnown(request) : { key: null, result: null };
  if (result !== null) {
    for (const line of result.log) hooks.onLog(line);
    return result.answer;
  }
  const { runInWorker } = await import("./worker/start-worker.ts");
  return runInWorker(request, { ...hooks, signal: options.signal, resultKey: key });
}

export interface EvaluateTreeOptions extends Omit<EvaluateOptions, "output"> {
  /** How many processes evaluate. */
  readonly processCount: number;
  /** Look into every set, not only where `recurseForDerivations` says so. */
  readonly forceRecurse?: boolean;
  /** With the `meta` of each derivation. */
  readonly meta?: boolean;
  /** Ends the evaluation of one attribute; its error is `EVAL_TIMEOUT`. */
  readonly timeoutMs?: number;
}

/**
 * Evaluates all attributes of a tree in several processes, each with a memory cap (`memoryLimitMib`), and gives each
 * derivation, or its error, as soon as it is known, in no particular order. An attribute that fails, loops, overflows or takes all
 * memory is an error of that attribute only.
 * @throws AppError when the tree itself cannot be evaluated
 *
 * @example
 * for await (const found of evaluateTree({ source, root, processCount: 4 })) console.log(found.attributePath);
 */
export async function* evaluateTree(options: EvaluateTreeOptions): AsyncGenerator<EvaluatedAttribute> {
  const pool = await import("./worker/tree-pool.ts");
  const { memoryCapMib } = await import("./worker/memory-guard.ts");
  const { onLog, realise } = hooksOf(options);
  const tree = {
    request: requestOf({ ...options, output: { type: "instantiate" } }),
    forceRecurse: options.forceRecurse ?? false,
    meta: options.meta ?? false,
    capMib: memoryCapMib(options.memoryLimitMib),
  };
  const { processCount, timeoutMs = null, signal } = options;
  yield* pool.evaluateTree(tree, { processCount, timeoutMs, signal, onLog, realise });
}

/** Text that names no file is evaluated as fast as a result is found. */
function mayBeKnown({ source }: EvaluationRequestData): boolean {
  return source.type === "file" || /[/<]/.test(source.text);
}

async function findKnown(request: EvaluationRequestData): Promise<KnownResult> {
  const { findResult } = await import("./glue/results/find-result.ts");
  return findResult(request);
}

/**
 * Evaluates, and again whenever something has changed that the last evaluation read: files, names in folders, what was not
 * there. Gives each answer that differs from the one before; an error of the evaluation is an answer too. An answer is always
 * that of a new evaluation, but comes sooner. Ends by the signal, whose reason is thrown.
 *
 * @example
 * for await (const round of watchEvaluation({ source, root, output, signal })) show("answer" in round ? round.answer : round.error);
 */
export async function* watchEvaluation(options: EvaluateOptions): AsyncGenerator<WatchedAnswer> {
  const watch = await import("./worker/watch.ts");
  yield* watch.watchEvaluation(requestOf(options), { ...hooksOf(options), signal: options.signal });
}

/** What a session is asked for besides the options that it was opened with. */
export type SessionQuestion = Pick<EvaluateOptions, "source" | "attributePath"> &
  Partial<Pick<EvaluateOptions, "output">>;

/** An evaluation that stays: what was computed for one question is there for the next. Ends with `using` or `close`. */
export interface Session extends Disposable {
  /** As {@link evaluate}. */
  answer(question: SessionQuestion): Promise<EvaluationAnswer>;
  /** The operations of a REPL; see {@link SessionOperations}. */
  call: EvaluationSession["call"];
  /** Ends what runs with `EVAL_INTERRUPTED`; variables and values stay. */
  interrupt(): void;
  /** Forgets all variables and files. */
  reset(): void;
}

/**
 * Opens a session; the worker starts with the first question. The signal interrupts what runs.
 *
 * @example
 * using session = await openSession({ root, output: { type: "value", format: "json", strict: true } });
 * await session.answer({ source: { type: "text", text: "1 + 1" } });
 */
export async function openSession(options: Omit<EvaluateOptions, "source" | "attributePath">): Promise<Session> {
  const { EvaluationSession } = await import("./worker/session.ts");
  const nothing = { type: "text", text: "null" } as const;
  const session = new EvaluationSession(requestOf({ ...options, source: nothing }), hooksOf(options));
  const stop = (): void => session[Symbol.dispose]();
  options.signal?.addEventListener("abort", stop, { once: true });
  return {
    answer: ({ source, attributePath = "", output = options.output }) =>
      session.call("answer", { source: sourceOf(source, resolve(options.folder ?? ".")), attributePath, output }),
    call: (operation, argument) => session.call(operation, argument),
    interrupt: () => session.interrupt(),
    reset: () => session.reset(),
    [Symbol.dispose]: () => {
      options.signal?.removeEventListener("abort", stop);
      stop();
    },
  };
}

function sourceOf(source: EvaluateOptions["source"], folder: string): EvaluationSource {
  return source.type === "file" ? { type: "file", path: resolve(folder, source.path) } : { folder, ...source };
}

function requestOf(options: EvaluateOptions): EvaluationRequestData {
  const folder = resolve(options.folder ?? ".");
  return {
    source: sourceOf(options.source, folder),
    attributePath: options.attributePath ?? "",
    autoArgs: options.autoArgs ?? {},
    searchPath: options.searchPath ?? [],
    folder,
    root: resolve(options.root),
    storeDir: storeDirOf(options.environment ?? process.env),
    readOnly: options.readOnly ?? !["instantiate", "jobs"].includes(options.output.type),
    system: options.system ?? hostSystem(),
    output: options.output,
    showTrace: options.showTrace ?? false,
    ...settingsOf(options),
    environment: { ...(options.environment ?? process.env) },
  };
}

/** As Nix looks for it. */
function storeDirOf(environment: Readonly<Record<string, string | undefined>>): string {
  return resolve(environment["NIX_STORE_DIR"] || environment["NIX_STORE"] || "/nix/store");
}

function hooksOf({
  onLog,
  realise,
  memoryLimitMib,
}: Pick<EvaluateOptions, "onLog" | "realise" | "memoryLimitMib">): SessionHooks {
  return { onLog: onLog ?? (() => {}), realise: realise ?? cannotRealise, memoryLimitMib };
}

function settingsOf(options: Partial<EvaluationSettings>): EvaluationSettings {
  return {
    pureEval: options.pureEval ?? defaultSettings.pureEval,
    restrictEval: options.restrictEval ?? defaultSettings.restrictEval,
    allowedUris: options.allowedUris ?? defaultSettings.allowedUris,
    experimentalFeatures: options.experimentalFeatures ?? defaultSettings.experimentalFeatures,
    traceVerbose: options.traceVerbose ?? defaultSettings.traceVerbose,
    allowImportFromDerivation: options.allowImportFromDerivation ?? defaultSettings.allowImportFromDerivation,
    tarballTtlS: options.tarballTtlS ?? defaultSettings.tarballTtlS,
    trustedPublicKeys: options.trustedPublicKeys ?? defaultSettings.trustedPublicKeys,
    requireSigs: options.requireSigs ?? defaultSettings.requireSigs,
  };
}

async function cannotRealise(): Promise<void> {
  throw new Error("Importing from a derivation is not possible here");
}

/** `x86_64-linux`, as Nix names this machine. */
export function hostSystem(): string {
  const machines: Readonly<Record<string, string>> = {
    x64: "x86_64",
    arm64: "aarch64",
    riscv64: "riscv64",
    ia32: "i686",
  };
  return `${machines[process.arch] ?? process.arch}-${process.platform}`;
}
