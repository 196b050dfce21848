import type { BuildRecord, FailingSince } from "../model/build-record.ts";
import type { BuildStatus, FailureReason } from "../model/build-status.ts";
import type { JobResult } from "../model/job.ts";
import { isJobError } from "../model/job.ts";
import type { Product } from "../model/product.ts";
import type { Database, Session } from "./database.ts";
import { oneRow } from "./database.ts";

export interface BuildEnd {
  readonly status: BuildStatus;
  readonly cached: boolean;
  readonly outputs: Readonly<Record<string, string>>;
  readonly causeDrvPath: string | null;
  readonly error: FailureReason | null;
}

interface BuildRow {
  readonly id: number;
  readonly job: string;
  readonly drv_path: string | null;
  readonly status: BuildStatus;
  readonly outputs: Record<string, string>;
  readonly cause_drv_path: string | null;
  readonly cause_name: string | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly error_summary: string | null;
  readonly error_hint: string | null;
  readonly error_details: string | null;
  readonly constituents: string[] | null;
}

export async function ensureDerivation(session: Session, drvPath: string): Promise<void> {
  await session.query("insert into derivation (drv_path, name) values ($1, $2) on conflict do nothing", [
    drvPath,
    nameOfDerivation(drvPath),
  ]);
}

/** `/nix/store/<hash>-hello-2.12.drv` -> `hello-2.12`. */
export function nameOfDerivation(drvPath: string): string {
  return drvPath.replace(/^.*\/[0-9a-z]{32}-/, "").replace(/\.drv$/, "");
}

/** Records a job as evaluated: queued, or failed already. Returns the build's id. */
export function insertJob(database: Database, evaluationId: number, job: JobResult): Promise<number> {
  return database.transaction(async (session) => {
    if (isJobError(job)) {
      const { message, details } = splitError(job.error);
      return insertBuild(session, [evaluationId, job.attr, null, "evaluation-failed", "{}", message, details]);
    }
    await ensureDerivation(session, job.drvPath);
    const outputs = JSON.stringify(job.outputs);
    const id = await insertBuild(session, [evaluationId, job.attr, job.drvPath, "queued", outputs, null, null]);
    for (const drvPath of job.constituents ?? []) {
      await ensureDerivation(session, drvPath);
      await session.query("insert into constituent (build_id, drv_path) values ($1, $2) on conflict do nothing", [
        id,
        drvPath,
      ]);
    }
    return id;
  });
}

/** Makes a job one that does not evaluate, also when it was taken for one that does. */
export async function failEvaluationOf(
  session: Session,
  { evaluationId, job }: { readonly evaluationId: number; readonly job: string },
  { code, message, hint, details }: FailureReason,
): Promise<void> {
  await session.query(
    `insert into build (evaluation_id, job, status, error_code, error_message, error_hint, error_details)
     values ($1, $2, 'evaluation-failed', $3, $4, $5, $6)
     on conflict (evaluation_id, job) do update set status = excluded.status, error_code = excluded.error_code,
       error_message = excluded.error_message, error_hint = excluded.error_hint, error_details = excluded.error_details`,
    [evaluationId, job, code, message, hint ?? null, details ?? null],
  );
}

/** The first line says what is wrong; the others show where. */
function splitError(error: string): { readonly message: string; readonly details: string | null } {
  const [message = "", ...rest] = error.replaceAll("\0", "\uFFFD").split("\n");
  return { message, details: rest.length === 0 ? null : rest.join("\n") };
}

async function insertBuild(session: Session, values: readonly (string | number | null)[]): Promise<number> {
  const rows = await session.query<{ id: number }>(
    `insert into build (evaluation_id, job, drv_path, status, outputs, error_message, error_details)
     values ($1, $2, $3, $4, $5::jsonb, $6, $7) returning id`,
    values,
  );
  return oneRow(rows).id;
}

export async function markBuildRunning(session: Session, buildId: number): Promise<void> {
  await session.query("update build set status = 'running', started_at = now() where id = $1 and status = 'queued'", [
    buildId,
  ]);
}

export async function finishBuild(session: Session, buildId: number, end: BuildEnd): Promise<void> {
  if (end.causeDrvPath !== null) {
    await ensureDerivation(session, end.causeDrvPath);
  }
  await session.query(
    `update build set status = $2, cached = $3, outputs = $4::jsonb, cause_drv_path = $5, error_code = $6,
       error_message = $7, error_summary = $8, error_hint = $9, error_details = $10, finished_at = now() where id = $1`,
    [
      buildId,
      end.status,
      end.cached,
      JSON.stringify(end.outputs),
      end.causeDrvPath,
      end.error?.code ?? null,
      end.error?.message ?? null,
      end.error?.summary ?? null,
      end.error?.hint ?? null,
      end.error?.details ?? null,
    ],
  );
}

/** All jobs of an evaluation, by name. */
export async function buildsOf(session: Session, evaluationId: number): Promise<BuildRecord[]> {
  const rows = await session.query<BuildRow>(
    `select b.*, d.name as cause_name,
       (select array_agg(c.drv_path order by c.drv_path) from constituent c where c.build_id = b.id) as constituents
     from build b left join derivation d on d.drv_path = b.cause_drv_path
     where b.evaluation_id = $1 order by b.job`,
    [evaluationId],
  );
  return rows.map(recordOf);
}

function recordOf(row: BuildRow): BuildRecord {
  return {
    job: row.job,
    drvPath: row.drv_path,
    status: row.status,
    outputs: row.outputs,
    constituents: row.constituents,
    failedStep: row.cause_drv_path === null ? null : { drvPath: row.cause_drv_path, name: row.cause_name ?? "" },
    error: errorOf(row),
  };
}

function errorOf(row: BuildRow): FailureReason | null {
  if (row.error_message === null) {
    return null;
  }
  return {
    code: row.error_code ?? "HYDRA_EVALUATION_FAILED",
    message: row.error_message,
    ...(row.error_summary === null ? {} : { summary: row.error_summary }),
    ...(row.error_hint === null ? {} : { hint: row.error_hint }),
    ...(row.error_details === null ? {} : { details: row.error_details }),
  };
}

/**
 * The first evaluation since which a job has failed without a success between; null when its newest result is a success
 * or it has none. Cancelled and unfinished builds say nothing either way.
 */
export async function failingSince(session: Session, jobsetId: number, job: string): Promise<FailingSince | null> {
  const rows = await session.query<FailingSince>(
    `with history as (
       select e.id, e.revision, e.started_at, b.status from build b join evaluation e on e.id = b.evaluation_id
       where e.jobset_id = $1 and b.job = $2)
     select id as "evaluationId", revision, started_at as time from history
     where status in ('failed', 'dependency-failed', 'timed-out', 'evaluation-failed')
       and id > coalesce((select max(id) from history where status = 'succeeded'), 0)
     order by id limit 1`,
    [jobsetId, job],
  );
  return rows[0] ?? null;
}

export async function insertProducts(database: Database, buildId: number, products: readonly Product[]): Promise<void> {
  await database.transaction(async (session) => {
    for (const [ordinal, product] of products.entries()) {
      const { type, subtype, name, path, sizeBytes, sha256 } = product;
      await session.query(
        `insert into product (build_id, ordinal, type, subtype, name, path, size_bytes, sha256)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
        [buildId, ordinal, type, subtype, name, path, sizeBytes, sha256],
      );
    }
  });
}
