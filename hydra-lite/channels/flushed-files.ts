import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Writes a file and has it on the disk when it returns. */
export function writeFlushed(path: string, contents: Uint8Array | string): void {
  const file = openSync(path, "w", 0o644);
  try {
    writeFileSync(file, contents);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes what was created, renamed or removed in a folder survive a loss of power. */
export function flushFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Replaces a file at once: readers see the old or the new one. */
export function replaceFile(path: string, contents: Uint8Array | string): void {
  const fresh = `${path}.new`;
  writeFlushed(fresh, contents);
  renameSync(fresh, path);
  flushFolder(dirname(path));
}
