/**
 * One turn of a channel: evaluate the release file, realise its jobs, judge, publish. The evaluator is a process of its
 * own, so the database (which takes a while to load) opens beside it. Everything that becomes known is written to the
 * database at once; the channel moves only at the very end, and only when the gate passes.
 */
import { join } from "node:path";
import { AppError, isAppError } from "#store/std/app-error.ts";
import { assembleRelease } from "./channels/assemble-release.ts";
import { writeChannelStatus } from "./channels/channel-status-file.ts";
import { readPointer } from "./channels/pointer.ts";
import { publishRelease } from "./channels/publish.ts";
import { releaseFiles } from "./channels/release-files.ts";
import { buildsOf, failEvaluationOf, failingSince } from "./db/builds.ts";
import { ensureChannel, recordVerdict, releaseLedger } from "./db/channels.ts";
import type { Database } from "./db/database.ts";
import { abandonUnfinished, claimJobset, ensureJobset, finishEvaluation, startEvaluation } from "./db/evaluations.ts";
import { openDatabase } from "./db/open-database.ts";
import { processJobEvaluator } from "./eval/process-job-evaluator.ts";
import { recordJobs } from "./eval/record-jobs.ts";
import { readSourceRevision, type SourceRevision } from "./eval/source-revision.ts";
import { startEarly } from "./eval/start-early.ts";
import { judge, type Verdict } from "./gate/judge.ts";
import type { GateEvent, GatePhase } from "./gate-event.ts";
import type { GateOptions } from "./gate-options.ts";
import { type GatePlan, planGate } from "./gate-plan.ts";
import type { JobResult } from "./model/job.ts";
import type { JobStore } from "./queue/job-store.ts";
import { keepResults } from "./queue/keep-results.ts";
import { type QueuedJob, realiseJobs } from "./queue/realise-jobs.ts";

/** What the phases of one gate share. */
interface Turn {
  readonly options: GateOptions;
  readonly plan: GatePlan;
  readonly source: SourceRevision;
  readonly database: Database;
  readonly store: JobStore;
  readonly jobsetId: number;
  readonly evaluationId: number;
}

/**
 * Runs a gate and tells of it as it goes; the last event, `finished`, says whether the channel moved. A gate that holds is
 * a result, not an error. Breaking out of the loop, like `options.build.signal`, ends builds and evaluation in order.
 *
 * Errors: `HYDRA_LOCKED` (another process has the embedded database), `HYDRA_JOBSET_BUSY` (another runs this gate),
 * `HYDRA_WOULD_GO_BACK`, `HYDRA_RELEASE_DIFFERS`, `HYDRA_NO_CHANNEL_TARBALL`, and errors of the host (exit code 3).
 *
 * @example
 * for await (const event of runGate({ root, releaseFile: "distro/release.nix" })) {
 *   if (event.type === "finished") console.log(event.outcome, event.release);
 * }
 */
export async function* runGate(options: GateOptions): AsyncGenerator<GateEvent, void> {
  const source = await readSourceRevision(options.releaseFile);
  const plan = planGate(options, source);
  const { revision, shortRevision, dirty } = source;
  yield { type: "source", releaseFile: plan.releaseFile, source: { revision, shortRevision, dirty } };
  const stop = new AbortController();
  try {
    const signal = AbortSignal.any([stop.signal, ...(options.build?.signal ? [options.build.signal] : [])]);
    const startMs = performance.now();
    yield { type: "phase-started", phase: "evaluate" };
    const evaluator = options.parts?.evaluator ?? processJobEvaluator({ root: options.root });
    const results = startEarly(
      evaluator.evaluate({ releaseFile: plan.releaseFile, arguments: plan.arguments, signal }),
    );
    await using database = await openDatabaseOf(options);
    const { jobsetId, evaluationId } = await openEvaluation(database, plan, source);
    const store = options.parts?.store ?? (await openStore(options.root));
    try {
      const turn = { options, plan, source, database, store, jobsetId, evaluationId };
      yield* takeTurn(turn, results, startMs);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      await finishEvaluation(database, evaluationId, { state: "aborted", error: message });
      throw error;
    } finally {
      store.close();
    }
  } finally {
    stop.abort();
  }
}

async function* takeTurn(turn: Turn, results: AsyncIterable<JobResult>, startMs: number): AsyncGenerator<GateEvent> {
  const jobs = yield* evaluate(turn, results);
  yield { type: "phase-finished", phase: "evaluate", durationMs: performance.now() - startMs };
  const verdict = yield* buildAndJudge(turn, jobs);
  await recordVerdict(turn.database, { channel: turn.plan.channel, evaluationId: turn.evaluationId }, verdict);
  const { pass, neededJobs, excuses } = verdict;
  yield { type: "verdict", channel: turn.plan.channel, pass, neededJobs, excuses };
  let outcome: "moved" | "already-there" | "held" = "held";
  if (pass) {
    outcome = yield* phase("publish", publish(turn, verdict));
  }
  writeStatus(turn, verdict);
  const release = readPointer(join(turn.plan.channelsFolder, turn.plan.channel));
  yield { type: "finished", outcome, channel: turn.plan.channel, release };
}

/** Gives the jobs to build: none when the file as a whole does not evaluate, which is then the gating job's failure. */
async function* evaluate(
  { database, evaluationId, plan }: Turn,
  results: AsyncIterable<JobResult>,
): AsyncGenerator<GateEvent, readonly QueuedJob[]> {
  try {
    return yield* recordJobs(database, evaluationId, results);
  } catch (error) {
    if (!isAppError(error) || error.exitCode !== 1) {
      throw error;
    }
    await finishEvaluation(database, evaluationId, { state: "failed", error: error.message });
    const reason = { code: error.code, message: error.message, hint: error.hint, details: error.details };
    await failEvaluationOf(database, { evaluationId, job: plan.gateJob }, reason);
    return [];
  }
}

async function* buildAndJudge(turn: Turn, jobs: readonly QueuedJob[]): AsyncGenerator<GateEvent, Verdict> {
  const { database, evaluationId, options } = turn;
  if (jobs.length > 0 && (options.build?.keepGoing === true || (await canStillPass(turn)))) {
    yield* phase("build", build(turn, jobs));
  }
  options.build?.signal?.throwIfAborted();
  await finishEvaluation(database, evaluationId, { state: "finished" });
  return yield* phase("gate", judgeTurn(turn));
}

async function* build({ database, store, evaluationId, options, plan }: Turn, jobs: readonly QueuedJob[]) {
  yield* realiseJobs({ database, store, evaluationId, jobs, options: options.build ?? {} });
  keepResults(store, plan.channel, await buildsOf(database, evaluationId));
}

/** False when a job that the gate needs did not evaluate or is not there: building the others would change nothing. */
async function canStillPass({ database, evaluationId, plan }: Turn): Promise<boolean> {
  const builds = await buildsOf(database, evaluationId);
  const gate = builds.find(({ job }) => job === plan.gateJob);
  return gate !== undefined && gate.status !== "evaluation-failed";
}

async function* judgeTurn({ database, jobsetId, evaluationId, plan }: Turn): AsyncGenerator<GateEvent, Verdict> {
  return await judge({
    gateJob: plan.gateJob,
    builds: await buildsOf(database, evaluationId),
    failingSince: (job) => failingSince(database, jobsetId, job),
    reproduce: plan.reproduce,
  });
}

async function* publish(turn: Turn, { neededJobs }: Verdict): AsyncGenerator<GateEvent, "moved" | "already-there"> {
  const { database, store, evaluationId, options, plan, source } = turn;
  const builds = (await buildsOf(database, evaluationId)).filter(({ job }) => neededJobs.includes(job));
  const contents = assembleRelease(store, builds, { plan, source });
  const files = await releaseFiles(contents);
  await store.exportCache(contents.storePaths, plan.cacheFolder);
  const { releaseName, revision, commitTime } = contents;
  const publication = await publishRelease(
    releaseLedger(database),
    { channel: plan.channel, releaseName, revision, commitTime, evaluationId, files },
    { channelsFolder: plan.channelsFolder, force: options.force },
  );
  yield { type: "published", ...publication };
  return publication.moved ? "moved" : "already-there";
}

async function* phase<T>(name: GatePhase, work: AsyncGenerator<GateEvent, T>): AsyncGenerator<GateEvent, T> {
  const startMs = performance.now();
  yield { type: "phase-started", phase: name };
  const result = yield* work;
  yield { type: "phase-finished", phase: name, durationMs: performance.now() - startMs };
  return result;
}

function openDatabaseOf({ root, databaseUrl, parts }: GateOptions): Promise<Database> {
  const url = databaseUrl ?? process.env["FIRN_HYDRA_DATABASE"];
  return parts?.openDatabase?.() ?? openDatabase({ root, url });
}

async function openStore(root: string): Promise<JobStore> {
  const { openLocalJobStore } = await import("./queue/local-job-store.ts");
  return openLocalJobStore(root);
}

async function openEvaluation(
  database: Database,
  plan: GatePlan,
  source: SourceRevision,
): Promise<{ readonly jobsetId: number; readonly evaluationId: number }> {
  const jobsetId = await ensureJobset(database, plan.jobset);
  if (!(await claimJobset(database, jobsetId))) {
    throw new AppError("HYDRA_JOBSET_BUSY", `Cannot judge '${plan.jobset.name}': another process is at it`, {
      hint: "Wait for it to end",
    });
  }
  await abandonUnfinished(database, jobsetId);
  await ensureChannel(database, { name: plan.channel, jobsetId, gateJob: plan.gateJob });
  const { inputs, inputHash } = plan;
  const evaluationId = await startEvaluation(database, { jobsetId, revision: source.revision, inputs, inputHash });
  return { jobsetId, evaluationId };
}

function writeStatus({ plan, source, evaluationId }: Turn, { pass, excuses }: Verdict): void {
  const judged = { evaluationId, revision: source.revision, time: new Date().toISOString(), pass };
  writeChannelStatus(plan.channelsFolder, { channel: plan.channel, judged, excuses });
}
