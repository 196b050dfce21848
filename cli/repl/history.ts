/** The lines of earlier sessions: one file, appended to as lines are entered, so that sessions side by side all add to it. */
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const maxLines = 2000;

export function historyFile(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const state = environment["XDG_STATE_HOME"] || join(environment["HOME"] || homedir(), ".local", "state");
  return join(state, "firn", "repl-history");
}

/** Newest first, without repetitions; nothing when there is no history yet. */
export function readHistory(file: string): string[] {
  try {
    const lines = readFileSync(file, "utf8").split("\n");
    return [...new Set(lines.filter((line) => line !== "").toReversed())].slice(0, maxLines);
  } catch {
    return [];
  }
}

/** A history that cannot be written is no reason to stop. */
export function addToHistory(file: string, line: string): void {
  if (line.trim() === "") return;
  try {
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, `${line}\n`, { mode: 0o600 });
  } catch {}
}
