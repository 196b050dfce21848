import type { Derivation } from "../formats/derivation-type.ts";
import type { Substituters } from "../substitute/substituters.ts";
import type { SharedBuilds } from "./shared-builds.ts";

/**
 * The one stream of what a build does. The terminal, hydra-lite, `--json` and tests all consume it; every event is plain
 * data that survives JSON.
 */
export type BuildEvent =
  | {
      readonly type: "plan";
      readonly buildCount: number;
      readonly downloadCount: number;
      readonly drvPaths: readonly string[];
      /** Paths that caches bring, with their size as it is fetched, and unpacked; absent when none do. */
      readonly substitution?: {
        readonly pathCount: number;
        readonly downloadBytes: number;
        readonly narSizeBytes: number;
      };
    }
  /** Something that a user should know and that ends nothing. */
  | { readonly type: "warning"; readonly message: string }
  | {
      readonly type: "substituting";
      readonly path: string;
      readonly name: string;
      /** URL of the cache. */
      readonly from: string;
      readonly downloadBytes: number | null;
      readonly narSizeBytes: number;
      readonly timeMs: number;
    }
  | {
      readonly type: "substitute-progress";
      readonly path: string;
      readonly doneBytes: number;
      readonly totalBytes: number | null;
    }
  | {
      readonly type: "substituted";
      readonly path: string;
      readonly outcome: "substituted" | "failed" | "cancelled";
      readonly durationMs: number;
      readonly error?: { readonly code: string; readonly message: string };
    }
  | {
      readonly type: "started";
      readonly drvPath: string;
      readonly name: string;
      readonly kind: "build" | "download";
      readonly timeMs: number;
    }
  | { readonly type: "phase"; readonly drvPath: string; readonly phase: string; readonly timeMs: number }
  | { readonly type: "log"; readonly drvPath: string; readonly line: string }
  | {
      readonly type: "progress";
      readonly drvPath: string;
      readonly doneBytes: number;
      readonly totalBytes: number | null;
    }
  | {
      readonly type: "finished";
      readonly drvPath: string;
      readonly name: string;
      readonly outcome: BuildOutcome;
      readonly durationMs: number;
      readonly outputs: Readonly<Record<string, string>>;
      /** Why it failed: constant code, one-line message, hint, last lines of the log. */
      readonly error?: {
        readonly code: string;
        readonly message: string;
        readonly hint?: string;
        readonly details?: string;
      };
    };

/** `cached`: was valid already or came from a cache (only top-level targets report it). `dependency-failed`: never started. */
export type BuildOutcome = "built" | "cached" | "failed" | "dependency-failed" | "timed-out" | "cancelled";

/** What is to be built: a derivation and which of its outputs (all when absent). */
export interface BuildTarget {
  readonly drvPath: string;
  readonly outputs?: readonly string[];
}

/** `normal` makes what is missing; `repair` also what is damaged; `check` builds again and compares. */
export type BuildMode = "normal" | "repair" | "check";

export interface BuildOptions {
  /** What is done with targets that are valid already; their inputs are built as usual. */
  readonly mode?: BuildMode;
  /** Builds at the same time; the number of processors unless told. Downloads have places of their own. */
  readonly maxJobs?: number;
  /** Passed on as NIX_BUILD_CORES; the number of processors unless told. */
  readonly cores?: number;
  /** Go on with what does not depend on a failed build. */
  readonly keepGoing?: boolean;
  /** Leave the temporary folder of a failed build and say where. */
  readonly keepFailed?: boolean;
  readonly timeoutMs?: number;
  readonly maxSilentMs?: number;
  /** Builds that other runs of this process share; `maxJobs` then bounds this run beside the bound that all share. */
  readonly shared?: SharedBuilds;
  /** Caches that paths may come from; without, everything is built. */
  readonly substituters?: Substituters | null;
  /** Paths to fetch besides; whoever asked sees afterwards whether they are valid. */
  readonly paths?: readonly string[];
  /** Derivations that are to be built without being in the store. */
  readonly derivations?: ReadonlyMap<string, Derivation>;
  /** Ends the run: running builders are killed, what is finished stays registered. */
  readonly signal?: AbortSignal;
}

export interface TargetResult {
  readonly drvPath: string;
  readonly outcome: BuildOutcome;
  readonly outputs: Readonly<Record<string, string>>;
}

/** A build that is under way: iterate the events, then await the result. Breaking out of the loop cancels it. */
export interface BuildRun extends AsyncIterable<BuildEvent> {
  /** Resolves also when targets failed; rejects with an AppError (`STORE_*`) only when the run itself could not go on. */
  readonly result: Promise<{ readonly success: boolean; readonly targets: readonly TargetResult[] }>;
}
