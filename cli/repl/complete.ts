/** What the Tab key offers: commands after ':', files where a path is begun, else names that the session knows. */
import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import type { Session } from "#evaluator/api.ts";

export type Completions = [candidates: string[], fragment: string];

/** A completion that has to compute more than this is given up. */
const patienceMs = 1000;
const pathStart = /(?:^|[\s=([])((?:\.{1,2}|~)?\/[\w./+-]*)$/;

export async function completeLine(session: Session, line: string, commands: readonly string[]): Promise<Completions> {
  if (/^:\S*$/.test(line)) return [commands.filter((name) => name.startsWith(line)), line];
  const isFileCommand = /^:(?:l|load)\s+(\S*)$/.exec(line);
  const path = isFileCommand?.[1] ?? pathStart.exec(line)?.[1];
  if (path !== undefined) return [files(path), path];
  const timer = setTimeout(() => session.interrupt(), patienceMs);
  try {
    const { candidates, fragment } = await session.call("complete", line);
    return [[...candidates], fragment];
  } catch {
    return [[], line];
  } finally {
    clearTimeout(timer);
  }
}

function files(start: string): string[] {
  const end = start.lastIndexOf("/") + 1;
  const folder = start.slice(0, end);
  const name = start.slice(end);
  try {
    return readdirSync(folder === "" ? "." : folder.replace(/^~/, homedir()), { withFileTypes: true })
      .filter((entry) => entry.name.startsWith(name) && (name !== "" || !entry.name.startsWith(".")))
      .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`);
  } catch {
    return [];
  }
}
