/**
 * Canonical form of what is in a store: mode 0444, or 0555 for folders and executables, modification time 1, and owned by
 * root when we are root. So a store path depends on nothing but what its NAR holds.
 */
import { chmodSync, lchownSync, lstatSync, lutimesSync } from "node:fs";
import { listTree } from "../formats/nar-writer.ts";
import { AppError } from "../std/app-error.ts";
import { fsPath } from "../std/byte-string.ts";

export const CANONICAL_TIME_S = 1;

/**
 * Brings a tree into canonical form, in place.
 * @param path physical, byte string
 * @throws AppError `STORE_BAD_FILE_TYPE` for sockets, devices and pipes
 */
export function canonicalizeTree(path: string): void {
  const file = fsPath(path);
  const stat = lstatSync(file);
  if (!stat.isFile() && !stat.isDirectory() && !stat.isSymbolicLink()) {
    throw new AppError("STORE_BAD_FILE_TYPE", `File '${path}' is neither a file, a folder nor a symlink`);
  }
  const isRoot = process.geteuid?.() === 0;
  if (isRoot && (stat.uid !== 0 || stat.gid !== 0)) lchownSync(file, 0, 0);
  if (!stat.isSymbolicLink()) {
    const mode = stat.isDirectory() || (stat.mode & 0o100) !== 0 ? 0o555 : 0o444;
    // Folders stay open to us until their contents are done.
    if (stat.isDirectory()) chmodSync(file, 0o755);
    if (stat.isDirectory()) for (const { name } of listTree(path)) canonicalizeTree(`${path}/${name}`);
    if (stat.isDirectory() || (stat.mode & 0o7777) !== mode) chmodSync(file, mode);
  }
  if (stat.isDirectory() || stat.mtimeMs !== CANONICAL_TIME_S * 1000) {
    lutimesSync(file, CANONICAL_TIME_S, CANONICAL_TIME_S);
  }
}
