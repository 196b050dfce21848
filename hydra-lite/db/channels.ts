import type { ReleaseLedger } from "../channels/release-ledger.ts";
import type { Excuse } from "../model/excuse.ts";
import type { PointerMove, ReleaseRecord } from "../model/release.ts";
import type { Database, Session } from "./database.ts";

export interface ChannelRow {
  readonly name: string;
  readonly jobsetId: number;
  readonly gateJob: string;
}

export async function ensureChannel(session: Session, { name, jobsetId, gateJob }: ChannelRow): Promise<void> {
  await session.query(
    `insert into channel (name, jobset_id, gate_job) values ($1, $2, $3)
     on conflict (name) do update set jobset_id = excluded.jobset_id, gate_job = excluded.gate_job`,
    [name, jobsetId, gateJob],
  );
}

export function listChannels(session: Session): Promise<ChannelRow[]> {
  return session.query<ChannelRow>(
    `select name, jobset_id as "jobsetId", gate_job as "gateJob" from channel order by name`,
  );
}

export async function recordRelease(session: Session, release: ReleaseRecord, evaluationId: number): Promise<void> {
  await session.query(
    `insert into channel_release (channel, name, evaluation_id, revision, commit_time, folder, content_hash)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (channel, name, folder) do nothing`,
    [
      release.channel,
      release.name,
      evaluationId,
      release.revision,
      release.commitTime,
      release.folder,
      release.contentHash,
    ],
  );
}

export async function findRelease(session: Session, channel: string, folder: string): Promise<ReleaseRecord | null> {
  const rows = await session.query<ReleaseRecord>(
    `select channel, name, revision, commit_time as "commitTime", folder, content_hash as "contentHash"
     from channel_release where channel = $1 and folder = $2`,
    [channel, folder],
  );
  return rows[0] ?? null;
}

export async function recordMove(session: Session, move: Omit<PointerMove, "movedAt">): Promise<void> {
  await session.query(
    "insert into pointer_log (channel, pointer, from_release, to_release, reason) values ($1, $2, $3, $4, $5)",
    [move.channel, move.pointer, move.fromRelease, move.toRelease, move.reason],
  );
}

/** Newest first. */
export function pointerLog(session: Session, channel: string, limit: number): Promise<PointerMove[]> {
  return session.query<PointerMove>(
    `select channel, pointer, from_release as "fromRelease", to_release as "toRelease", reason, moved_at as "movedAt"
     from pointer_log where channel = $1 order by id desc limit $2`,
    [channel, limit],
  );
}

/** Where the log says that a pointer stands. */
export async function lastMoveOf(session: Session, channel: string, pointer: string): Promise<PointerMove | null> {
  const rows = await session.query<PointerMove>(
    `select channel, pointer, from_release as "fromRelease", to_release as "toRelease", reason, moved_at as "movedAt"
     from pointer_log where channel = $1 and pointer = $2 order by id desc limit 1`,
    [channel, pointer],
  );
  return rows[0] ?? null;
}

export interface VerdictRow {
  readonly evaluationId: number;
  readonly revision: string;
  readonly pass: boolean;
  readonly judgedAt: Date;
}

export async function recordVerdict(
  database: Database,
  key: { readonly channel: string; readonly evaluationId: number },
  verdict: { readonly pass: boolean; readonly excuses: readonly Excuse[] },
): Promise<void> {
  const { channel, evaluationId } = key;
  await database.transaction(async (session) => {
    await session.query("insert into verdict (channel, evaluation_id, pass) values ($1, $2, $3)", [
      channel,
      evaluationId,
      verdict.pass,
    ]);
    for (const [ordinal, excuse] of verdict.excuses.entries()) {
      await session.query(
        "insert into excuse (channel, evaluation_id, ordinal, job, excuse) values ($1, $2, $3, $4, $5::jsonb)",
        [channel, evaluationId, ordinal, excuse.job, JSON.stringify(excuse)],
      );
    }
  });
}

export async function lastVerdict(session: Session, channel: string): Promise<VerdictRow | null> {
  const rows = await session.query<VerdictRow>(
    `select v.evaluation_id as "evaluationId", e.revision, v.pass, v.judged_at as "judgedAt"
     from verdict v join evaluation e on e.id = v.evaluation_id
     where v.channel = $1 order by v.evaluation_id desc limit 1`,
    [channel],
  );
  return rows[0] ?? null;
}

export async function excusesOf(session: Session, channel: string, evaluationId: number): Promise<Excuse[]> {
  const rows = await session.query<{ excuse: Excuse }>(
    "select excuse from excuse where channel = $1 and evaluation_id = $2 order by ordinal",
    [channel, evaluationId],
  );
  return rows.map(({ excuse }) => excuse);
}

/** The ledger of releases and moves, in this database. */
export function releaseLedger(session: Session): ReleaseLedger {
  return {
    findRelease: (channel, folder) => findRelease(session, channel, folder),
    recordRelease: (release, evaluationId) => recordRelease(session, release, evaluationId),
    lastMoveOf: (channel, pointer) => lastMoveOf(session, channel, pointer),
    recordMove: (move) => recordMove(session, move),
  };
}
