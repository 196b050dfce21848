/** A job that evaluated to a derivation. */
export interface EvaluatedJob {
  readonly attr: string;
  readonly name: string;
  readonly drvPath: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Derivations of an aggregate's members; null for any other job. */
  readonly constituents: readonly string[] | null;
}

/** A job whose evaluation failed; its siblings go on. */
export interface JobError {
  readonly attr: string;
  readonly error: string;
}

export type JobResult = EvaluatedJob | JobError;

export function isJobError(job: JobResult): job is JobError {
  return "error" in job;
}
