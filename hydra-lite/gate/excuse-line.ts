import type { Excuse, ExcuseKind } from "../model/excuse.ts";

const verbs: Readonly<Record<ExcuseKind, string>> = {
  missing: "is missing",
  "evaluation-failed": "does not evaluate",
  failed: "failed",
  "dependency-failed": "was not built",
  "timed-out": "timed out",
  cancelled: "was stopped",
  "not-finished": "is not finished",
};

/** One line: which job, which step, why, since when. */
export function excuseLine(excuse: Excuse): string {
  const step = excuse.kind === "dependency-failed" && excuse.step !== null ? `, step '${excuse.step.name}' failed` : "";
  return `${excuse.job} ${verbs[excuse.kind]}${step}: ${excuse.reason}${sinceText(excuse)}`;
}

function sinceText({ since }: Excuse): string {
  if (since === null) {
    return "";
  }
  const minute = since.time.slice(0, 16).replace("T", " ");
  return ` (since ${minute} UTC, revision ${since.revision.slice(0, 12)}, evaluation ${since.evaluationId})`;
}
