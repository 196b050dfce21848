import { insertJob } from "../db/builds.ts";
import type { Database } from "../db/database.ts";
import type { GateEvent } from "../gate-event.ts";
import { isJobError, type JobResult } from "../model/job.ts";
import type { QueuedJob } from "../queue/realise-jobs.ts";

/** Records each job as the evaluator gives it; returns those that can be built. */
export async function* recordJobs(
  database: Database,
  evaluationId: number,
  results: AsyncIterable<JobResult>,
): AsyncGenerator<GateEvent, QueuedJob[]> {
  const queued: QueuedJob[] = [];
  let errorCount = 0;
  for await (const job of results) {
    const buildId = await insertJob(database, evaluationId, job);
    if (isJobError(job)) {
      errorCount += 1;
      yield { type: "job-evaluated", job: job.attr, drvPath: null, error: job.error };
    } else {
      queued.push({ buildId, job });
      yield { type: "job-evaluated", job: job.attr, drvPath: job.drvPath };
    }
  }
  yield { type: "evaluated", evaluationId, jobCount: queued.length, errorCount };
  return queued;
}
