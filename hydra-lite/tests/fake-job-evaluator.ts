import type { EvaluationRequest, JobEvaluator } from "../eval/job-evaluator.ts";
import type { JobResult } from "../model/job.ts";

/** Gives the jobs it is told to, or throws. Remembers what it was asked. */
export class FakeJobEvaluator implements JobEvaluator {
  results: readonly JobResult[] = [];
  failure: Error | null = null;
  readonly requests: EvaluationRequest[] = [];

  async *evaluate(request: EvaluationRequest): AsyncGenerator<JobResult> {
    this.requests.push(request);
    if (this.failure !== null) {
      throw this.failure;
    }
    yield* this.results;
  }
}
