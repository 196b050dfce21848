/**
 * What earlier evaluations fetched: a small JSON file for each thing asked for, written whole and renamed, so that several
 * evaluations share it. An entry holds names of store paths; whether they still are there is for its reader to ask.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashHex } from "#store/formats/hash.ts";
import type { FetchedSource } from "../../io.ts";

export interface CachedFetch {
  readonly source: FetchedSource;
  /** Younger than the time that what has no hash is believed for. */
  readonly isFresh: boolean;
  /** The version that a server gave it. */
  readonly etag: string | null;
}

interface Entry {
  readonly key: string;
  readonly timeMs: number;
  readonly source: FetchedSource;
  readonly etag?: string | null;
}

export class FetchCache {
  readonly #folder: string;
  readonly #ttlMs: number;

  constructor(folder: string, ttlS: number) {
    this.#folder = folder;
    this.#ttlMs = ttlS * 1000;
  }

  get(key: readonly unknown[]): CachedFetch | null {
    const text = JSON.stringify(key);
    const entry = readEntry(this.#fileOf(text));
    if (entry === null || entry.key !== text) return null;
    return { source: entry.source, isFresh: this.isFreshSince(entry.timeMs), etag: entry.etag ?? null };
  }

  isFreshSince(timeMs: number): boolean {
    const ageMs = Date.now() - timeMs;
    return ageMs >= 0 && ageMs < this.#ttlMs;
  }

  set(key: readonly unknown[], source: FetchedSource, etag: string | null = null): void {
    const text = JSON.stringify(key);
    const file = this.#fileOf(text);
    mkdirSync(this.#folder, { recursive: true });
    const entry: Entry = { key: text, timeMs: Date.now(), source, etag };
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(entry));
    renameSync(`${file}.${process.pid}`, file);
  }

  #fileOf(key: string): string {
    return join(this.#folder, `${hashHex("sha256", key).slice(0, 40)}.json`);
  }
}

function readEntry(file: string): Entry | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Entry;
  } catch (error) {
    // Absent, or cut short by a full disk: both mean to fetch again.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
