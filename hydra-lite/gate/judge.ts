/**
 * Decides whether a channel may move. Hydra asks for its `tested` job and for an evaluation without unfinished builds;
 * here only what the gate needs counts: the gating job and, when it is an aggregate, all of its constituents. Each that
 * did not succeed becomes one excuse, which names the step at the bottom of the failure, not just "dependency failed".
 * What failed comes before what was only stopped because of it.
 */
import type { BuildRecord, FailingSince } from "../model/build-record.ts";
import type { Excuse, ExcuseKind } from "../model/excuse.ts";
import { firstLinesOf, lastLinesOf } from "./shown-lines.ts";

export interface GateInput {
  readonly gateJob: string;
  readonly builds: readonly BuildRecord[];
  /** Looks up since when a job has failed. */
  readonly failingSince: (job: string) => Promise<FailingSince | null>;
  /** The command that shows a job's failure. */
  readonly reproduce: (job: string) => string;
}

export interface Verdict {
  readonly pass: boolean;
  /** The jobs that the gate needs, whether they succeeded or not. */
  readonly neededJobs: readonly string[];
  /** Why not, one a job; empty when it passes. */
  readonly excuses: readonly Excuse[];
}

export async function judge(input: GateInput): Promise<Verdict> {
  const gate = input.builds.find(({ job }) => job === input.gateJob);
  if (gate === undefined) {
    return { pass: false, neededJobs: [input.gateJob], excuses: [missing(input)] };
  }
  const needed = neededBuilds(gate, input.builds);
  const failed = needed.filter(({ status }) => status !== "succeeded");
  // An aggregate fails because its constituents did: it is an excuse of its own only when they all succeeded.
  const blamed = failed.length > 1 ? failed.filter((build) => build !== gate) : failed;
  const inOrder = blamed.toSorted((a, b) => Number(a.status === "cancelled") - Number(b.status === "cancelled"));
  const excuses = await Promise.all(inOrder.map((build) => excuseOf(build, input)));
  return { pass: failed.length === 0, neededJobs: needed.map(({ job }) => job), excuses };
}

/** The gating build first, then its constituents, through nested aggregates, by name. */
function neededBuilds(gate: BuildRecord, builds: readonly BuildRecord[]): BuildRecord[] {
  const needed = new Map<string, BuildRecord>();
  const visit = (build: BuildRecord): void => {
    if (needed.has(build.job)) {
      return;
    }
    needed.set(build.job, build);
    for (const drvPath of build.constituents ?? []) {
      const named = builds.filter((candidate) => candidate.drvPath === drvPath);
      for (const constituent of named.length > 0 ? named : [withoutJob(drvPath, build)]) {
        visit(constituent);
      }
    }
  };
  visit(gate);
  const [first = gate, ...constituents] = needed.values();
  return [first, ...constituents.sort((a, b) => (a.job < b.job ? -1 : 1))];
}

/** A constituent that is no job of its own was realised with the aggregate and stands or falls with it. */
function withoutJob(drvPath: string, aggregate: BuildRecord): BuildRecord {
  const blamed = aggregate.failedStep?.drvPath === drvPath;
  return {
    job: drvPath,
    drvPath,
    status: aggregate.status === "succeeded" || !blamed ? "succeeded" : "failed",
    outputs: {},
    constituents: null,
    failedStep: blamed ? aggregate.failedStep : null,
    error: blamed ? aggregate.error : null,
  };
}

function missing({ gateJob, builds, reproduce }: GateInput): Excuse {
  const aggregates = builds.filter(({ constituents }) => constituents !== null).map(({ job }) => `'${job}'`);
  return {
    job: gateJob,
    kind: "missing",
    step: null,
    reason: "The release file has no such job",
    hint: aggregates.length > 0 ? `Its aggregates: ${aggregates.join(", ")}` : "It has no aggregate at all",
    since: null,
    lastLines: [],
    reproduce: reproduce(gateJob),
  };
}

async function excuseOf(build: BuildRecord, input: GateInput): Promise<Excuse> {
  const since = await input.failingSince(build.job);
  return {
    job: build.job,
    kind: kindOf(build),
    step: build.failedStep,
    reason: reasonOf(build),
    hint: build.error?.hint ?? (build.status === "cancelled" ? "--keep-going builds what others do not hold up" : null),
    since: since === null ? null : { ...since, time: since.time.toISOString() },
    lastLines: shownLines(build),
    reproduce: input.reproduce(build.job),
  };
}

/** A log says why at its end, an evaluation's error where at its beginning. */
function shownLines({ status, error }: BuildRecord): string[] {
  return status === "evaluation-failed" ? firstLinesOf(error?.details) : lastLinesOf(error?.details);
}

function kindOf({ status }: BuildRecord): ExcuseKind {
  switch (status) {
    case "queued":
    case "running":
      return "not-finished";
    case "succeeded":
      throw new Error("A success needs no excuse");
    default:
      return status;
  }
}

function reasonOf({ status, error }: BuildRecord): string {
  if (error !== null) {
    const message = error.message.split("\n", 1)[0] ?? "";
    return error.summary === undefined ? message : `${message}: ${error.summary}`;
  }
  switch (status) {
    case "cancelled":
      return "It had not ended when the gate stopped at the first failure";
    case "queued":
    case "running":
      return "It has not ended";
    case "timed-out":
      return "It took too long";
    default:
      return "It failed without saying why";
  }
}
