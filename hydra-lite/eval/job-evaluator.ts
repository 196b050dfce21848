import type { JobResult } from "../model/job.ts";

/** An argument of the release file's function. */
export type NixArgument =
  | { readonly name: string; readonly kind: "string"; readonly value: string }
  /** A Nix expression. */
  | { readonly name: string; readonly kind: "expression"; readonly value: string };

export interface EvaluationRequest {
  /** Absolute. */
  readonly releaseFile: string;
  /** Those that the file's function does not take are passed over, as Nix does. */
  readonly arguments: readonly NixArgument[];
  readonly signal?: AbortSignal | undefined;
}

/** Evaluates all jobs of a release file, writes their derivations into the store, and gives each as it comes. */
export interface JobEvaluator {
  /** Throws an AppError when the file as a whole cannot be evaluated; a single job's failure is a result. */
  evaluate(request: EvaluationRequest): AsyncIterable<JobResult>;
}
