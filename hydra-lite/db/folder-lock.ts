/**
 * A lock on a folder that cannot outlive its holder. Node has no flock(2), but SQLite holds a lock of the operating
 * system on its file while an exclusive transaction is open, and the kernel drops it however the process ends. A
 * second process is told at once who holds the lock; it never waits and never finds a stale lock.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AppError } from "#store/std/app-error.ts";

export interface FolderLock {
  release(): void;
}

/** Takes the lock of `folder`, or throws `HYDRA_LOCKED` naming the process that holds it. */
export function lockFolder(folder: string, purpose: string): FolderLock {
  mkdirSync(folder, { recursive: true });
  const holderFile = join(folder, "lock.pid");
  const lock = openLock(join(folder, "lock"));
  if (lock === null) {
    throw new AppError("HYDRA_LOCKED", `Cannot open ${purpose} in '${folder}': ${holderName(holderFile)} has it open`, {
      hint: "Wait for it to end, or use PostgreSQL for several processes (FIRN_HYDRA_DATABASE=postgres://..)",
    });
  }
  writeFileSync(holderFile, `${process.pid}\n`);
  return { release: () => lock.close() };
}

function openLock(path: string): DatabaseSync | null {
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec("begin exclusive");
    return lock;
  } catch (error) {
    lock.close();
    if (error instanceof Error && /locked/.test(error.message)) {
      return null;
    }
    throw error;
  }
}

function holderName(holderFile: string): string {
  try {
    return `process ${readFileSync(holderFile, "utf8").trim()}`;
  } catch {
    return "another process";
  }
}
