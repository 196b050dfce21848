import type { BuildOutcome } from "#store/api.ts";

/** Where a job of an evaluation stands. */
export type BuildStatus =
  | "queued"
  | "running"
  | "succeeded"
  | "failed"
  | "dependency-failed"
  | "timed-out"
  | "cancelled"
  | "evaluation-failed";

/** Why a step failed, as data that survives a database. */
export interface FailureReason {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  /** The line of its log that says best what went wrong. */
  readonly summary?: string | undefined;
  /** The last lines of its log. */
  readonly details?: string | undefined;
}

export function statusOfOutcome(outcome: BuildOutcome): BuildStatus {
  return outcome === "built" || outcome === "cached" ? "succeeded" : outcome;
}
