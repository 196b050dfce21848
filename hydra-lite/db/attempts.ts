import type { BuildOutcome } from "#store/api.ts";
import type { FailureReason } from "../model/build-status.ts";
import { ensureDerivation } from "./builds.ts";
import type { Database, Session } from "./database.ts";
import { oneRow } from "./database.ts";

export interface AttemptStart {
  readonly evaluationId: number;
  readonly drvPath: string;
  readonly kind: "build" | "download";
  readonly startedAt: Date;
  /** Relative to Firn's root. */
  readonly logPath: string;
}

export function startAttempt(database: Database, attempt: AttemptStart): Promise<number> {
  return database.transaction(async (session) => {
    await ensureDerivation(session, attempt.drvPath);
    const rows = await session.query<{ id: number }>(
      `insert into attempt (evaluation_id, drv_path, kind, started_at, log_path)
       values ($1, $2, $3, $4, $5) returning id`,
      [attempt.evaluationId, attempt.drvPath, attempt.kind, attempt.startedAt, attempt.logPath],
    );
    return oneRow(rows).id;
  });
}

export async function finishAttempt(
  session: Session,
  attemptId: number,
  end: { readonly outcome: BuildOutcome; readonly durationMs: number; readonly error: FailureReason | null },
): Promise<void> {
  const { outcome, durationMs, error } = end;
  await session.query(
    `update attempt set outcome = $2, duration_ms = $3, error_code = $4, error_message = $5, error_summary = $6,
       error_hint = $7, error_details = $8 where id = $1`,
    [
      attemptId,
      outcome,
      Math.round(durationMs),
      error?.code ?? null,
      error?.message ?? null,
      error?.summary ?? null,
      error?.hint ?? null,
      error?.details ?? null,
    ],
  );
}
