import type { BuildEvent } from "#store/api.ts";
import type { Publication } from "./channels/publish.ts";
import type { SourceRevision } from "./eval/source-revision.ts";
import type { Excuse } from "./model/excuse.ts";
import type { QueueEvent } from "./queue/realise-jobs.ts";

export type GatePhase = "evaluate" | "build" | "gate" | "publish";

/** What a gate does, as it does it. The last event is `finished`. Every event survives JSON. */
export type GateEvent =
  | { readonly type: "phase-started"; readonly phase: GatePhase }
  | { readonly type: "phase-finished"; readonly phase: GatePhase; readonly durationMs: number }
  | {
      readonly type: "source";
      readonly releaseFile: string;
      readonly source: Pick<SourceRevision, "revision" | "shortRevision" | "dirty">;
    }
  /** A job evaluated; `error` when its own evaluation failed. */
  | { readonly type: "job-evaluated"; readonly job: string; readonly drvPath: string | null; readonly error?: string }
  | {
      readonly type: "evaluated";
      readonly evaluationId: number;
      readonly jobCount: number;
      readonly errorCount: number;
    }
  /** A step of the store, for progress displays. */
  | { readonly type: "build"; readonly event: BuildEvent }
  | Exclude<QueueEvent, { type: "build" }>
  | {
      readonly type: "verdict";
      readonly channel: string;
      readonly pass: boolean;
      readonly neededJobs: readonly string[];
      readonly excuses: readonly Excuse[];
    }
  | ({ readonly type: "published" } & Publication)
  | {
      readonly type: "finished";
      /** `moved`: the channel stands at the new release; `already-there`: it stood there; `held`: it stays. */
      readonly outcome: "moved" | "already-there" | "held";
      readonly channel: string;
      /** The release that the channel stands at now; null when it has none yet. */
      readonly release: string | null;
    };
