/**
 * What caches said of paths, kept on disk: that they have one for a month, that they do not for an hour, as Nix does. Losing
 * it costs time only, so nothing here waits for the disk, and trouble with the file turns it off.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";

export interface MemoryLifetimes {
  readonly positiveS: number;
  readonly negativeS: number;
  readonly cacheInfoS: number;
}

interface Note {
  readonly cache: string;
  readonly key: string;
  /** Null: it is not there. */
  readonly text: string | null;
}

/** Stands for `nix-cache-info` among the hash parts. */
export const CACHE_INFO_KEY = "nix-cache-info";

const FLUSH_MS = 200;

export class NarInfoMemory {
  readonly #database: DatabaseSync | null;
  readonly #select: StatementSync | undefined;
  readonly #lifetimes: MemoryLifetimes;
  #notes: Note[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** @param path made when it is not there; null to remember nothing */
  constructor(path: string | null, lifetimes: MemoryLifetimes) {
    this.#lifetimes = lifetimes;
    this.#database = path === null ? null : openDatabase(path);
    this.#select = this.#database?.prepare("SELECT text, timeS FROM answers WHERE cache = ? AND key = ?");
  }

  /** Undefined when nothing is known, or not any more. */
  recall(cache: string, key: string): string | null | undefined {
    const row = ignoreTrouble(() => this.#select?.get(cache, key));
    if (row === undefined) return undefined;
    const text = typeof row["text"] === "string" ? row["text"] : null;
    const { positiveS, negativeS, cacheInfoS } = this.#lifetimes;
    const lifetimeS = text === null ? negativeS : key === CACHE_INFO_KEY ? cacheInfoS : positiveS;
    const ageS = nowS() - Number(row["timeS"]);
    return ageS >= 0 && ageS < lifetimeS ? text : undefined;
  }

  note(cache: string, key: string, text: string | null): void {
    // what was recalled keeps its age
    if (this.#database === null || this.recall(cache, key) === text) return;
    this.#notes.push({ cache, key, text });
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS).unref();
  }

  forget(cache: string, key: string): void {
    this.#flush();
    ignoreTrouble(() => this.#database?.prepare("DELETE FROM answers WHERE cache = ? AND key = ?").run(cache, key));
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const notes = this.#notes;
    this.#notes = [];
    const database = this.#database;
    if (database === null || notes.length === 0) return;
    ignoreTrouble(() => {
      const insert = database.prepare("INSERT OR REPLACE INTO answers (cache, key, text, timeS) VALUES (?, ?, ?, ?)");
      database.exec("BEGIN IMMEDIATE");
      for (const { cache, key, text } of notes) insert.run(cache, key, text, nowS());
      database.exec("COMMIT");
    });
  }

  close(): void {
    this.#flush();
    this.#database?.close();
  }
}

function openDatabase(path: string): DatabaseSync | null {
  return (
    ignoreTrouble(() => {
      mkdirSync(dirname(path), { recursive: true });
      const database = new DatabaseSync(path, { timeout: 1000 });
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
      database.exec(
        "CREATE TABLE IF NOT EXISTS answers (cache TEXT NOT NULL, key TEXT NOT NULL, text TEXT, timeS INTEGER NOT NULL, PRIMARY KEY (cache, key)) STRICT, WITHOUT ROWID",
      );
      return database;
    }) ?? null
  );
}

function ignoreTrouble<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

function nowS(): number {
  return Math.floor(Date.now() / 1000);
}
