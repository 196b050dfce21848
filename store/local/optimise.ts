/**
 * Links equal files of the store together, as Nix does: `.links` holds one file for each contents, named by the hash of its
 * NAR (so an executable and a plain file are never one). A file of the store becomes a hard link to it by a rename, hence at
 * each moment it is the old or the new one, with the same bytes. A kill leaves at most a spare link, which collections clear
 * away, and a folder that is writable, which the next run mends.
 */
import { chmodSync, linkSync, lstatSync, lutimesSync, mkdirSync, renameSync, type Stats, unlinkSync } from "node:fs";
import { encodeBase32 } from "../formats/base32.ts";
import { hashTree, listTree } from "../formats/nar-writer.ts";
import { fsPath } from "../std/byte-string.ts";
import { ignoreCode, systemErrorCode } from "../std/system-error.ts";
import { CANONICAL_TIME_S } from "./canonical.ts";
import { physicalPath, type StoreContext, stagingPath } from "./store-context.ts";
import type { OptimiseResult } from "./store-interface.ts";

export function optimiseStore(context: StoreContext, paths: Iterable<string>): OptimiseResult {
  const linker = new Linker(context);
  for (const path of paths) {
    context.tempRoots.add(path);
    if (context.database.idOf(path) === null) continue;
    // Damaged stores are for verify to tell of.
    ignoreCode("ENOENT", () => linker.visit(physicalPath(context.layout, path), null));
  }
  return { filesLinked: linker.filesLinked, freedBytes: linker.freedBytes };
}

class Linker {
  filesLinked = 0;
  freedBytes = 0;
  readonly #linksDir: string;
  readonly #spare: string;
  /** Files known to be linked: those that `.links` held, and what was done here. */
  readonly #linkedInodes = new Set<number>();

  constructor(context: StoreContext) {
    this.#linksDir = `${context.layout.physicalStoreDir}/.links`;
    this.#spare = stagingPath(context);
    mkdirSync(this.#linksDir, { recursive: true });
    for (const { name } of listTree(this.#linksDir)) {
      const stat = ignoreCode("ENOENT", () => lstatSync(`${this.#linksDir}/${name}`));
      if (stat !== undefined) this.#linkedInodes.add(stat.ino);
    }
  }

  /** @param folder the one it lies in; null for the store itself */
  visit(path: string, folder: string | null): void {
    const stat = lstatSync(fsPath(path));
    if (stat.isDirectory()) {
      for (const { name } of listTree(path)) this.visit(`${path}/${name}`, path);
      // Left by a run that was killed.
      if ((stat.mode & 0o222) !== 0) closeFolder(path);
      return;
    }
    const isCanonical = stat.isSymbolicLink() || (stat.isFile() && (stat.mode & 0o222) === 0);
    if (isCanonical && !this.#linkedInodes.has(stat.ino)) this.#linkFile(path, stat, folder);
  }

  #linkFile(path: string, stat: Stats, folder: string | null): void {
    const link = `${this.#linksDir}/${encodeBase32(hashTree(path).hash.digest)}`;
    const first = this.#linkOf(link, path, stat);
    if (first === null) return;
    this.#linkedInodes.add(first.ino);
    if (first.ino === stat.ino) return;
    if (folder === null) this.#replace(path, link, stat);
    else withWritable(folder, () => this.#replace(path, link, stat));
  }

  /** What stands in `.links` for these contents, made of the file itself where nothing did; null when there is no room. */
  #linkOf(link: string, path: string, stat: Stats): Stats | null {
    for (;;) {
      try {
        linkSync(fsPath(path), link);
      } catch (error) {
        const code = systemErrorCode(error);
        if (code === "ENOSPC" || code === "EMLINK") return null;
        if (code !== "EEXIST") throw error;
      }
      const first = ignoreCode("ENOENT", () => lstatSync(link));
      if (first === undefined) continue;
      if (first.ino === stat.ino || (first.size === stat.size && hasContents(link))) return first;
      // Damaged: nothing more may become it.
      ignoreCode("ENOENT", () => unlinkSync(link));
    }
  }

  #replace(path: string, link: string, stat: Stats): void {
    try {
      linkSync(link, this.#spare);
    } catch (error) {
      // The file system allows no more links to one file, or a collection was quicker.
      const code = systemErrorCode(error);
      if (code === "EMLINK" || code === "ENOENT") return;
      throw error;
    }
    renameSync(this.#spare, fsPath(path));
    this.filesLinked += 1;
    if (stat.nlink === 1) this.freedBytes += stat.size;
  }
}

/** Whether a file of `.links` is still what its name says. */
function hasContents(link: string): boolean {
  return link.endsWith(`/${encodeBase32(hashTree(link).hash.digest)}`);
}

function withWritable(folder: string, action: () => void): void {
  chmodSync(fsPath(folder), 0o755);
  try {
    action();
  } finally {
    closeFolder(folder);
  }
}

function closeFolder(folder: string): void {
  chmodSync(fsPath(folder), 0o555);
  lutimesSync(fsPath(folder), CANONICAL_TIME_S, CANONICAL_TIME_S);
}
