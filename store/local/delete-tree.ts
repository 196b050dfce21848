/** Deletes trees that are read-only on purpose; says how much room that gave. */
import { chmodSync, lstatSync, rmdirSync, unlinkSync } from "node:fs";
import { listTree } from "../formats/nar-writer.ts";
import { fsPath } from "../std/byte-string.ts";
import { ignoreCode } from "../std/system-error.ts";

const BLOCK_BYTES = 512;

/** Returns the bytes freed on disk; hard-linked files count when their last link goes. Nothing there is fine, also when another deletes it as well. */
export function deleteTree(path: string): number {
  const file = fsPath(path);
  const stat = ignoreCode("ENOENT", () => lstatSync(file));
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) {
    ignoreCode("ENOENT", () => unlinkSync(file));
    return stat.nlink === 1 ? stat.blocks * BLOCK_BYTES : 0;
  }
  if ((stat.mode & 0o700) !== 0o700) ignoreCode("ENOENT", () => chmodSync(file, 0o700));
  let freedBytes = stat.blocks * BLOCK_BYTES;
  for (const { name } of ignoreCode("ENOENT", () => listTree(path)) ?? []) freedBytes += deleteTree(`${path}/${name}`);
  ignoreCode("ENOENT", () => rmdirSync(file));
  return freedBytes;
}

/** Makes a read-only folder movable by its owner. */
export function makeMovable(path: string): void {
  const file = fsPath(path);
  const stat = lstatSync(file);
  if (stat.isDirectory() && (stat.mode & 0o200) === 0) chmodSync(file, 0o755);
}
