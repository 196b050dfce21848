/**
 * Results on disk: a file for each question, replaced by a rename, so that readers see a whole one or none. A file that
 * cannot be read, or was cut short by a crash, is the same as none.
 */
import { hash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EvaluationAnswer, EvaluationRequestData } from "../../request.ts";
import type { ReadLog } from "./read-log.ts";

export interface StoredResult {
  readonly answer: EvaluationAnswer;
  /** What was printed on the way: traces and warnings. */
  readonly log: readonly string[];
  readonly reads: ReadLog;
}

const formatVersion = 1;
const maxFiles = 400;
const maxFileBytes = 32 * 1024 * 1024;

/** Off with `FIRN_EVAL_CACHE=0`. */
export function isResultCacheOn(environment: Readonly<Record<string, string | undefined>>): boolean {
  return environment["FIRN_EVAL_CACHE"] !== "0";
}

/** The question: all of the request; of the environment what is used without asking, since the rest is checked as it was read. */
export function questionKey(request: EvaluationRequestData, programVersion: string): string {
  const { environment, ...rest } = request;
  const used = [environment["NIX_PATH"] ?? null, environment["HOME"] ?? null];
  return hash("sha256", JSON.stringify([formatVersion, programVersion, used, rest]));
}

function folderOf(root: string): string {
  return join(root, "firn", "eval-results");
}

export function readResult(root: string, key: string): StoredResult | null {
  try {
    // Written by this program, for this version of it (the key has both).
    return JSON.parse(readFileSync(join(folderOf(root), key), "utf8")) as StoredResult;
  } catch {
    return null;
  }
}

/** A cache that cannot be written is no reason to fail. */
export function writeResult(root: string, key: string, result: StoredResult): void {
  const folder = folderOf(root);
  const text = JSON.stringify(result);
  if (text.length > maxFileBytes) return;
  const scratch = join(folder, `${key}.${randomBytes(6).toString("hex")}`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(scratch, text);
    renameSync(scratch, join(folder, key));
    prune(folder);
  } catch {
    rmSync(scratch, { force: true });
  }
}

/** Deletes the older half when there are too many; leftovers of killed processes are among them sooner or later. */
function prune(folder: string): void {
  const names = readdirSync(folder);
  if (names.length <= maxFiles) return;
  const files = names.map((name) => ({ name, timeMs: statSync(join(folder, name)).mtimeMs }));
  files.sort((a, b) => a.timeMs - b.timeMs);
  for (const { name } of files.slice(0, maxFiles / 2)) rmSync(join(folder, name), { force: true });
}
