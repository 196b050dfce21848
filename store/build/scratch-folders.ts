/**
 * Scratch space of builds: `<root>/firn/build/<pid>-<start ticks>-<run>/<n>` (`/nix/var/nix/firn/..` for the system's
 * store), private to us, on the file system of the store so that a finished output is moved into place by a rename. A folder whose process is dead was left by a kill; the
 * next run on the same root removes it. Nothing in here is ever a valid path.
 *
 * Removing a build's folder takes the kernel tens of milliseconds, in which it only waits (its folders were mount points
 * of a namespace that is going away), so it is done beside the builds that follow.
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ignoreCode } from "../std/system-error.ts";
import { killLeftovers } from "./leftover-processes.ts";
import { isProcessAlive, ownProcess } from "./process-identity.ts";

const OWNED = /^(\d+)-(\d+)-\d+$/;
let runCount = 0;

export class ScratchFolders {
  /** Private to all runs on this root. */
  readonly top: string;
  readonly #runFolder: string;
  readonly #removals = new Set<Promise<void>>();
  #count = 0;

  /** Makes the place, and removes what processes that are gone have left in it. */
  constructor(root: string) {
    this.top = join(ownFolder(root), "build");
    mkdirSync(ownFolder(root), { recursive: true });
    mkdirSync(this.top, { recursive: true, mode: 0o700 });
    removeAbandoned(this.top);
    const { pid, startTicks } = ownProcess();
    runCount += 1;
    this.#runFolder = join(this.top, `${pid}-${startTicks}-${runCount}`);
    mkdirSync(this.#runFolder, { recursive: true, mode: 0o700 });
  }

  /** A path in this run's own folder. */
  pathOf(name: string): string {
    return join(this.#runFolder, name);
  }

  /** A fresh private folder. */
  make(): string {
    this.#count += 1;
    const folder = this.pathOf(String(this.#count));
    mkdirSync(folder, { mode: 0o700 });
    return folder;
  }

  /** Returns at once; {@link close} waits. */
  remove(folder: string): void {
    const removal = removeTree(folder).finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  async close(): Promise<void> {
    await Promise.all(this.#removals);
    await removeTree(this.#runFolder);
  }
}

/** Where we keep things of a root. That of the system is not ours, and perhaps not on the store's file system. */
export function ownFolder(root: string): string {
  return root === "/" ? "/nix/var/nix/firn" : join(root, "firn");
}

/** Folders kept on purpose (`keep-*`) stay. */
function removeAbandoned(top: string): void {
  for (const entry of readdirSync(top)) {
    const [, pid, startTicks] = OWNED.exec(entry) ?? [];
    if (pid === undefined || isProcessAlive({ pid: Number(pid), startTicks: Number(startTicks) })) continue;
    killLeftovers(join(top, entry));
    // another process may be removing it too
    ignoreCode("ENOENT", () => makeWritable(join(top, entry)));
    rmSync(join(top, entry), { recursive: true, force: true });
  }
}

/** Builders leave folders that are not writable. */
async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    makeWritable(path);
    await rm(path, { recursive: true, force: true });
  }
}

function makeWritable(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  chmodSync(path, 0o700);
  for (const entry of readdirSync(path)) makeWritable(join(path, entry));
}
