/** The evaluator, for everything outside `evaluator/`. Cheap to import: the evaluation itself is loaded by its worker. */
import { resolve } from "node:path";
import {
  type AutoArgument,
  defaultSettings,
  type EvaluationAnswer,
  type EvaluationSettings,
  type EvaluationSource,
  type OutputMode,
} from "./request.ts";
import type { RealiseRequest } from "./worker/protocol.ts";

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
  const { runInWorker } = await import("./worker/start-worker.ts");
  const folder = resolve(options.folder ?? ".");
  const { source } = options;
  const request = {
    source:
      source.type === "file" ? { type: "file" as const, path: resolve(folder, source.path) } : { folder, ...source },
    attributePath: options.attributePath ?? "",
    autoArgs: options.autoArgs ?? {},
    searchPath: options.searchPath ?? [],
    folder,
    root: resolve(options.root),
    readOnly: options.readOnly ?? !["instantiate", "jobs"].includes(options.output.type),
    system: options.system ?? hostSystem(),
    output: options.output,
    showTrace: options.showTrace ?? false,
    ...settingsOf(options),
    environment: { ...(options.environment ?? process.env) },
  };
  return runInWorker(request, {
    onLog: options.onLog ?? (() => {}),
    realise: options.realise ?? cannotRealise,
    signal: options.signal,
    memoryLimitMib: options.memoryLimitMib,
  });
}

function settingsOf(options: Partial<EvaluationSettings>): EvaluationSettings {
  return {
    pureEval: options.pureEval ?? defaultSettings.pureEval,
    restrictEval: options.restrictEval ?? defaultSettings.restrictEval,
    allowedUris: options.allowedUris ?? defaultSettings.allowedUris,
    experimentalFeatures: options.experimentalFeatures ?? defaultSettings.experimentalFeatures,
    traceVerbose: options.traceVerbose ?? defaultSettings.traceVerbose,
    tarballTtlS: options.tarballTtlS ?? defaultSettings.tarballTtlS,
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
