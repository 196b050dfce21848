/**
 * Waits until something that was read has changed. The kernel says that something happened in a folder; whether it matters
 * is decided by looking again at what was read, so events may be spurious, merged or late. A look at intervals sees what
 * they do not tell: a symlink on the way that leads elsewhere, a file system without events, more folders than may be watched.
 */
import { existsSync, type FSWatcher, realpathSync, watch } from "node:fs";
import { dirname } from "node:path";
import { fsPath } from "#store/std/byte-string.ts";
import { isUnchanged, type ReadLog } from "./read-log.ts";

/** Editors write several times; and a file is read with certainty when it was left alone this long. */
const quietMs = 60;
const pollMs = 2000;
const blindPollMs = 500;

export interface WaitOptions {
  readonly signal: AbortSignal | undefined;
  /** Resolve then in any case. */
  readonly atLatestMs?: number;
}

export class ReadWatcher implements Disposable {
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #watchers = new Map<string, FSWatcher>();
  #isBlind = false;
  #onEvent: () => void = () => {};

  constructor(environment: Readonly<Record<string, string | undefined>>) {
    this.#environment = environment;
  }

  /** @throws the signal's reason */
  async changed(logs: readonly ReadLog[], { signal, atLatestMs }: WaitOptions): Promise<void> {
    // First the watches, then the look: what changes in between is seen by one of them.
    this.#watch(foldersOf(logs));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stop = (): void => reject(signal?.reason);
    const look = (): void => {
      if (!logs.every((log) => isUnchanged(log, this.#environment))) resolve();
    };
    let quiet: NodeJS.Timeout | undefined;
    this.#onEvent = () => {
      clearTimeout(quiet);
      quiet = setTimeout(look, quietMs);
    };
    const poll = setInterval(look, this.#isBlind ? blindPollMs : pollMs);
    const latest = atLatestMs === undefined ? undefined : setTimeout(resolve, atLatestMs);
    signal?.addEventListener("abort", stop, { once: true });
    try {
      signal?.throwIfAborted();
      this.#onEvent();
      await promise;
    } finally {
      this.#onEvent = () => {};
      clearTimeout(quiet);
      clearTimeout(latest);
      clearInterval(poll);
      signal?.removeEventListener("abort", stop);
    }
  }

  #watch(folders: ReadonlySet<string>): void {
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    this.#isBlind = false;
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#watchFolder(folder);
  }

  #watchFolder(folder: string): void {
    try {
      const watcher = watch(fsPath(folder), { persistent: true }, () => this.#onEvent());
      // A folder that is gone is watched by its parent's watch, or anew after the next round.
      watcher.on("error", () => this.#forget(folder));
      this.#watchers.set(folder, watcher);
    } catch {
      this.#isBlind = true;
    }
  }

  #forget(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
    this.#onEvent();
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }
}

/** The folders in which a change of what was read shows: where each path is, where it leads, and folders themselves. */
function foldersOf(logs: readonly ReadLog[]): Set<string> {
  const folders = new Set<string>();
  for (const { paths, kinds, realPaths } of logs) {
    for (let index = 0; index < paths.length; index++)
      addFolders(folders, paths[index] as string, kinds[index] as string);
    for (const [path, real] of realPaths) {
      folders.add(existing(dirname(path)));
      folders.add(existing(dirname(real)));
    }
  }
  return folders;
}

function addFolders(folders: Set<string>, path: string, kind: string): void {
  folders.add(kind === "a" ? existing(dirname(path)) : dirname(path));
  if (kind === "D") folders.add(path);
  if (kind !== "S") return;
  try {
    folders.add(dirname(realpathSync(fsPath(path), "latin1")));
  } catch {
    // It was there a moment ago: the look that follows finds the change.
  }
}

function existing(folder: string): string {
  let found = folder;
  while (found !== "/" && !existsSync(fsPath(found))) found = dirname(found);
  return found;
}
