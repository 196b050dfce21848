/**
 * Scratch space of builds: `<root>/firn/build/<pid>-<start ticks>/<n>`, private to us, on the file system of the store so
 * that a finished output is moved into place by a rename. A folder whose process is dead was left by a kill; the next run
 * on the same root removes it. Nothing in here is ever a valid path.
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isProcessAlive, ownProcess } from "./process-identity.ts";

const OWNED = /^(\d+)-(\d+)$/;
let nextNumber = 0;

export function buildScratchRoot(root: string): string {
  return join(root, "firn", "build");
}

function makeScratchRoot(root: string): void {
  mkdirSync(join(root, "firn"), { recursive: true });
  mkdirSync(buildScratchRoot(root), { recursive: true, mode: 0o700 });
}

/** A fresh private folder that belongs to this process. */
export function makeBuildFolder(root: string): string {
  const { pid, startTicks } = ownProcess();
  nextNumber += 1;
  const folder = join(buildScratchRoot(root), `${pid}-${startTicks}`, String(nextNumber));
  makeScratchRoot(root);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Removes a tree even where its folders are not writable. Does nothing when there is none. */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    makeWritable(path);
    rmSync(path, { recursive: true, force: true });
  }
}

function makeWritable(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  chmodSync(path, 0o700);
  for (const entry of readdirSync(path)) makeWritable(join(path, entry));
}

/** Removes what processes that are gone have left behind; folders kept on purpose (`keep-*`) stay. */
export function removeAbandonedBuilds(root: string): void {
  const scratch = buildScratchRoot(root);
  makeScratchRoot(root);
  for (const entry of readdirSync(scratch)) {
    const [, pid, startTicks] = OWNED.exec(entry) ?? [];
    if (pid === undefined || startTicks === undefined) continue;
    if (!isProcessAlive({ pid: Number(pid), startTicks: Number(startTicks) })) removeTree(join(scratch, entry));
  }
}

/** Removes this process's own folder if no build of it is left inside. */
export function removeEmptyOwnFolder(root: string): void {
  const { pid, startTicks } = ownProcess();
  try {
    rmdirSync(join(buildScratchRoot(root), `${pid}-${startTicks}`));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOTEMPTY" && code !== "ENOENT") throw error;
  }
}
