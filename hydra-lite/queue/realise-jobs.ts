/**
 * Realises the jobs of an evaluation in one run of the store, so that a derivation which several jobs need is one step,
 * and records every step and every job the moment it ends: a killed gate loses nothing that was known.
 */
import type { BuildEvent, BuildOptions, BuildOutcome } from "#store/api.ts";
import { finishAttempt, startAttempt } from "../db/attempts.ts";
import { finishBuild, insertProducts, markBuildRunning } from "../db/builds.ts";
import type { Database } from "../db/database.ts";
import type { BuildStatus, FailureReason } from "../model/build-status.ts";
import { statusOfOutcome } from "../model/build-status.ts";
import type { EvaluatedJob } from "../model/job.ts";
import type { JobStore } from "./job-store.ts";
import { readProducts, saysItFailed } from "./products.ts";
import { findRootCause, type StepFailure } from "./root-cause.ts";
import { TellingLine } from "./telling-line.ts";

export interface QueuedJob {
  readonly buildId: number;
  readonly job: EvaluatedJob;
}

export type QueueEvent =
  | { readonly type: "build"; readonly event: BuildEvent }
  | { readonly type: "job-started"; readonly job: string }
  | {
      readonly type: "job-finished";
      readonly job: string;
      readonly status: BuildStatus;
      /** It was built before. */
      readonly cached: boolean;
      /** Of its own step, without its dependencies. */
      readonly durationMs: number;
      readonly failedStep: { readonly drvPath: string; readonly name: string } | null;
      readonly error: FailureReason | null;
    };

export interface RealiseRequest {
  readonly database: Database;
  readonly store: JobStore;
  readonly evaluationId: number;
  readonly jobs: readonly QueuedJob[];
  readonly options: BuildOptions;
}

export async function* realiseJobs(request: RealiseRequest): AsyncGenerator<QueueEvent> {
  const record = new RunRecord(request);
  const drvPaths = [...new Set(request.jobs.map(({ job }) => job.drvPath))];
  const run = request.store.build(
    drvPaths.map((drvPath) => ({ drvPath })),
    request.options,
  );
  for await (const event of run) {
    yield { type: "build", event };
    if (event.type === "started") {
      yield* await record.stepStarted(event);
    } else if (event.type === "log") {
      record.stepLogged(event);
    } else if (event.type === "finished") {
      yield* await record.stepFinished(event);
    }
  }
  const { targets } = await run.result;
  for (const { drvPath, outcome, outputs } of targets) {
    yield* await record.finishJobs(drvPath, { outcome, outputs, durationMs: 0 });
  }
}

type StartedEvent = Extract<BuildEvent, { type: "started" }>;
type LogEvent = Extract<BuildEvent, { type: "log" }>;
type FinishedEvent = Extract<BuildEvent, { type: "finished" }>;
type StepEnd = Pick<FinishedEvent, "outcome" | "outputs" | "durationMs">;

/** What is known of a run so far. A job is removed from `#pending` when its end is recorded, so it ends once. */
class RunRecord {
  readonly #request: RealiseRequest;
  readonly #pending: Map<string, QueuedJob[]>;
  readonly #attempts = new Map<string, number>();
  readonly #tellingLines = new Map<string, TellingLine>();
  readonly #failures = new Map<string, StepFailure>();

  constructor(request: RealiseRequest) {
    this.#request = request;
    this.#pending = Map.groupBy(request.jobs, ({ job }) => job.drvPath);
  }

  async stepStarted({ drvPath, kind, timeMs }: StartedEvent): Promise<QueueEvent[]> {
    const { database, store, evaluationId } = this.#request;
    const startedAt = new Date(timeMs);
    this.#tellingLines.set(drvPath, new TellingLine());
    const attempt = { evaluationId, drvPath, kind, startedAt, logPath: store.logPath(drvPath) };
    this.#attempts.set(drvPath, await startAttempt(database, attempt));
    const jobs = this.#pending.get(drvPath) ?? [];
    for (const { buildId } of jobs) {
      await markBuildRunning(database, buildId);
    }
    return jobs.map(({ job }) => ({ type: "job-started", job: job.attr }));
  }

  stepLogged({ drvPath, line }: LogEvent): void {
    this.#tellingLines.get(drvPath)?.push(line);
  }

  async stepFinished(event: FinishedEvent): Promise<QueueEvent[]> {
    const { drvPath, name, outcome, durationMs } = event;
    const error = failureOf(event, this.#tellingLines.get(drvPath)?.text ?? null);
    this.#tellingLines.delete(drvPath);
    if (error !== null) {
      this.#failures.set(drvPath, { drvPath, name, error });
    }
    const attemptId = this.#attempts.get(drvPath);
    if (attemptId !== undefined) {
      await finishAttempt(this.#request.database, attemptId, { outcome, durationMs, error });
    }
    return this.finishJobs(drvPath, event);
  }

  async finishJobs(drvPath: string, end: StepEnd): Promise<QueueEvent[]> {
    const jobs = this.#pending.get(drvPath) ?? [];
    this.#pending.delete(drvPath);
    const events: QueueEvent[] = [];
    for (const queued of jobs) {
      events.push(await this.#finishJob(queued, end));
    }
    return events;
  }

  async #finishJob({ buildId, job }: QueuedJob, end: StepEnd): Promise<QueueEvent> {
    const { database, store } = this.#request;
    const verdict = this.#verdictOn(job, end);
    const cached = end.outcome === "cached";
    const causeDrvPath = verdict.cause?.drvPath ?? null;
    const error = verdict.cause?.error ?? null;
    await finishBuild(database, buildId, { status: verdict.status, cached, outputs: end.outputs, causeDrvPath, error });
    if (verdict.status === "succeeded") {
      await insertProducts(database, buildId, readProducts(store, end.outputs));
    }
    const failedStep = verdict.cause === null ? null : { drvPath: verdict.cause.drvPath, name: verdict.cause.name };
    const { durationMs } = end;
    return { type: "job-finished", job: job.attr, status: verdict.status, cached, durationMs, failedStep, error };
  }

  #verdictOn(job: EvaluatedJob, end: StepEnd): { status: BuildStatus; cause: StepFailure | null } {
    const { store } = this.#request;
    const status = statusOfOutcome(end.outcome);
    if (status === "succeeded") {
      return saysItFailed(store, end.outputs)
        ? { status: "failed", cause: { drvPath: job.drvPath, name: job.name, error: saidItFailed(job) } }
        : { status, cause: null };
    }
    return { status, cause: status === "cancelled" ? null : findRootCause(store, job.drvPath, this.#failures) };
  }
}

function failureOf({ outcome, name, error }: FinishedEvent, summary: string | null): FailureReason | null {
  if (!isOwnFailure(outcome)) {
    return null;
  }
  const reason: FailureReason = error ?? { code: "HYDRA_STEP_FAILED", message: `Build of '${name}' failed` };
  return {
    ...reason,
    message: databaseText(reason.message),
    ...(summary === null ? {} : { summary }),
    ...(reason.details === undefined ? {} : { details: databaseText(reason.details) }),
  };
}

function isOwnFailure(outcome: BuildOutcome): boolean {
  return outcome === "failed" || outcome === "timed-out";
}

function saidItFailed({ name }: EvaluatedJob): FailureReason {
  return {
    code: "HYDRA_JOB_SAYS_FAILED",
    message: `'${name}' was built, and says by 'nix-support/failed' that what it checks failed`,
  };
}

/** A log may hold anything; PostgreSQL's text may not hold NUL. */
function databaseText(text: string): string {
  return text.replaceAll("\0", "\uFFFD");
}
