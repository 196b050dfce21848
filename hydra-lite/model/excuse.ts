import type { FailedStep } from "./build-record.ts";

export type ExcuseKind =
  | "missing"
  | "evaluation-failed"
  | "failed"
  | "dependency-failed"
  | "timed-out"
  | "cancelled"
  | "not-finished";

/** Why one job holds a channel. Survives JSON. */
export interface Excuse {
  readonly job: string;
  readonly kind: ExcuseKind;
  /** The step that failed, where one did. */
  readonly step: FailedStep | null;
  /** What went wrong, in one line. */
  readonly reason: string;
  readonly hint: string | null;
  readonly since: { readonly evaluationId: number; readonly revision: string; readonly time: string } | null;
  /** The end of the failed step's log; where an evaluation failed, with its code. */
  readonly lastLines: readonly string[];
  /** A command that shows the same failure. */
  readonly reproduce: string;
}
