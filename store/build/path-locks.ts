/**
 * One builder per output path, over all processes that use a root. The locks are rows of a small database, each with the
 * process that holds it: taking over the lock of a dead process is one transaction, so two waiters can never both get it,
 * and a kill -9 leaves nothing that a person has to remove. All locks of a derivation are taken together or not at all,
 * which rules out deadlock. A waiter polls: builds last much longer than the interval.
 */
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { threadId } from "node:worker_threads";
import { isProcessAlive, ownProcess } from "./process-identity.ts";

const POLL_INTERVAL_MS = 100;

/**
 * What this thread holds, over all runs. A row of ours that is not in here could not be deleted (the disk was full) and
 * means nothing.
 */
const heldHere = new Set<string>();

export interface PathLock {
  release(): void;
}

export class PathLocks {
  readonly #database: DatabaseSync;
  readonly #databasePath: string;
  readonly #owner = ownProcess();

  /** @param databasePath made when it is not there; its folder must be */
  constructor(databasePath: string) {
    this.#databasePath = databasePath;
    this.#database = new DatabaseSync(databasePath, { timeout: 60_000 });
    this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
    this.#database.exec(
      "CREATE TABLE IF NOT EXISTS locks (path TEXT PRIMARY KEY, pid INTEGER NOT NULL, startTicks INTEGER NOT NULL, thread INTEGER NOT NULL) STRICT",
    );
  }

  /** Waits until all of these are free, then holds them. Rejects with the signal's reason when that comes first. */
  async acquire(paths: readonly string[], signal: AbortSignal): Promise<PathLock> {
    while (!this.tryAcquire(paths)) await sleep(POLL_INTERVAL_MS, undefined, { signal });
    return { release: () => this.#release(paths) };
  }

  tryAcquire(paths: readonly string[]): boolean {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const isFree = paths.every((path) => this.#isFree(path));
      if (isFree) for (const path of paths) this.#take(path);
      this.#database.exec("COMMIT");
      return isFree;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #isFree(path: string): boolean {
    const row = this.#database.prepare("SELECT pid, startTicks, thread FROM locks WHERE path = ?").get(path);
    if (row === undefined) return true;
    const owner = { pid: Number(row["pid"]), startTicks: Number(row["startTicks"]) };
    if (!isProcessAlive(owner)) return true;
    const isOwn = owner.pid === this.#owner.pid && row["thread"] === threadId;
    return isOwn && !heldHere.has(this.#key(path));
  }

  #take(path: string): void {
    const insert = "INSERT OR REPLACE INTO locks (path, pid, startTicks, thread) VALUES (?, ?, ?, ?)";
    this.#database.prepare(insert).run(path, this.#owner.pid, this.#owner.startTicks, threadId);
    heldHere.add(this.#key(path));
  }

  #release(paths: readonly string[]): void {
    for (const path of paths) heldHere.delete(this.#key(path));
    const remove = this.#database.prepare("DELETE FROM locks WHERE path = ?");
    for (const path of paths) remove.run(path);
  }

  #key(path: string): string {
    return `${this.#databasePath}\0${path}`;
  }

  close(): void {
    this.#database.close();
  }
}
