import type { BuildStatus, FailureReason } from "./build-status.ts";

/** The step that made a job fail: the job's own, or the dependency at the bottom of it. */
export interface FailedStep {
  readonly drvPath: string;
  readonly name: string;
}

/** What became of one job of an evaluation. */
export interface BuildRecord {
  readonly job: string;
  readonly drvPath: string | null;
  readonly status: BuildStatus;
  readonly outputs: Readonly<Record<string, string>>;
  /** Derivations of an aggregate's members; null for any other job. */
  readonly constituents: readonly string[] | null;
  readonly failedStep: FailedStep | null;
  readonly error: FailureReason | null;
}

/** Since when a job has not succeeded: the first evaluation after its last success. */
export interface FailingSince {
  readonly evaluationId: number;
  readonly revision: string;
  readonly time: Date;
}
