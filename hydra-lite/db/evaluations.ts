import type { Database, Session } from "./database.ts";
import { oneRow } from "./database.ts";

export interface JobsetKey {
  readonly project: string;
  readonly name: string;
  readonly releaseFile: string;
}

export interface NewEvaluation {
  readonly jobsetId: number;
  readonly revision: string;
  readonly inputs: unknown;
  readonly inputHash: string;
}

export interface EvaluationRow {
  readonly id: number;
  readonly revision: string;
  readonly inputs: unknown;
  readonly inputHash: string;
  readonly state: "running" | "finished" | "failed" | "aborted";
  readonly error: string | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

export async function ensureJobset(database: Session, { project, name, releaseFile }: JobsetKey): Promise<number> {
  const rows = await database.query<{ id: number }>(
    `insert into jobset (project, name, release_file) values ($1, $2, $3)
     on conflict (project, name) do update set release_file = excluded.release_file returning id`,
    [project, name, releaseFile],
  );
  return oneRow(rows).id;
}

/** Lets one process at a time work on a jobset. False when another has it; it is free again when that one ends. */
export async function claimJobset(database: Session, jobsetId: number): Promise<boolean> {
  const rows = await database.query<{ claimed: boolean }>(
    "select pg_try_advisory_lock(hashtext('firn-jobset'), $1) as claimed",
    [jobsetId],
  );
  return oneRow(rows).claimed;
}

export async function unclaimJobset(database: Session, jobsetId: number): Promise<void> {
  await database.query("select pg_advisory_unlock(hashtext('firn-jobset'), $1)", [jobsetId]);
}

/** Closes what a killed process left open. Only for the holder of the jobset's claim. */
export async function abandonUnfinished(database: Database, jobsetId: number): Promise<void> {
  await database.transaction(async (session) => {
    await session.query(
      `update build set status = 'cancelled', finished_at = now() where status in ('queued', 'running')
       and evaluation_id in (select id from evaluation where jobset_id = $1)`,
      [jobsetId],
    );
    await session.query(
      `update attempt set outcome = 'cancelled' where outcome is null
       and evaluation_id in (select id from evaluation where jobset_id = $1)`,
      [jobsetId],
    );
    await session.query(
      `update evaluation set state = 'aborted', error = 'Its process ended', finished_at = now()
       where jobset_id = $1 and state = 'running'`,
      [jobsetId],
    );
  });
}

export async function startEvaluation(database: Session, evaluation: NewEvaluation): Promise<number> {
  const rows = await database.query<{ id: number }>(
    `insert into evaluation (jobset_id, revision, inputs, input_hash, state)
     values ($1, $2, $3::jsonb, $4, 'running') returning id`,
    [evaluation.jobsetId, evaluation.revision, JSON.stringify(evaluation.inputs), evaluation.inputHash],
  );
  return oneRow(rows).id;
}

export async function finishEvaluation(
  database: Session,
  evaluationId: number,
  end: { readonly state: "finished" | "failed" | "aborted"; readonly error?: string | undefined },
): Promise<void> {
  await database.query(
    "update evaluation set state = $2, error = $3, finished_at = now() where id = $1 and state = 'running'",
    [evaluationId, end.state, end.error ?? null],
  );
}

/** Newest first. */
export function listEvaluations(database: Session, jobsetId: number, limit: number): Promise<EvaluationRow[]> {
  return database.query<EvaluationRow>(
    `select id, revision, inputs, input_hash as "inputHash", state, error,
            started_at as "startedAt", finished_at as "finishedAt"
     from evaluation where jobset_id = $1 order by id desc limit $2`,
    [jobsetId, limit],
  );
}
