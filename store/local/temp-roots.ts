/**
 * Temporary roots, in Nix's form: a file `temproots/<pid>..`, locked exclusively while its process lives, holding store
 * paths with a NUL after each. A collection reads the files that are locked and deletes those that are not.
 *
 * Race with a collection. One holds `gc.lock` exclusively and makes `gc-socket/socket` before it reads the files; ours
 * and real Nix's alike. So we first append, then look for the socket. If it is not there, the collection that makes it
 * later reads what we wrote. If it is there, we wait for the lock; and since callers ask whether a path is valid only
 * after they made it a root, they see what was deleted. A socket without a lock was left by a collection that was killed.
 */
import { closeSync, existsSync, fstatSync, ftruncateSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { threadId } from "node:worker_threads";
import { listTree } from "../formats/nar-writer.ts";
import { ignoreCode } from "../std/system-error.ts";
import { lockFile, openLockFile, withFileLock } from "./file-lock.ts";
import type { StoreLayout } from "./store-layout.ts";

let instances = 0;

export class TempRoots {
  readonly #layout: StoreLayout;
  readonly #path: string;
  readonly #known = new Set<string>();
  #fd: number | null = null;
  #sizeBytes = 0;

  constructor(layout: StoreLayout) {
    this.#layout = layout;
    // Nix reads the number at the start of the name; the rest keeps threads of one process apart.
    this.#path = `${layout.tempRootsDir}/${process.pid}.${threadId}.${instances++}`;
  }

  /** After this the path is not collected while we live, and is valid or not as the database says. */
  add(path: string): void {
    if (!this.#known.has(path)) this.addAll([path]);
  }

  addAll(paths: readonly string[]): void {
    const unknown = paths.filter((path) => !this.#known.has(path));
    if (unknown.length === 0) return;
    const fd = this.#fd ?? this.#open();
    this.#append(fd, Buffer.from(`${unknown.join("\0")}\0`, "latin1"));
    if (existsSync(this.#layout.gcSocketPath)) this.#waitForCollection();
    for (const path of unknown) this.#known.add(path);
  }

  /** Whole or not at all: half a path would spoil the next one too. */
  #append(fd: number, entry: Buffer): void {
    try {
      for (let offset = 0; offset < entry.length; ) {
        offset += writeSync(fd, entry, offset, entry.length - offset, this.#sizeBytes + offset);
      }
      this.#sizeBytes += entry.length;
    } catch (error) {
      ftruncateSync(fd, this.#sizeBytes);
      throw error;
    }
  }

  /** A collection that comes between opening and locking takes the file for a dead one's: it writes to it and deletes it. */
  #open(): number {
    for (;;) {
      ignoreCode("ENOENT", () => unlinkSync(this.#path));
      const fd = openLockFile(this.#path);
      lockFile(fd, "exclusive", true);
      const { size, nlink } = fstatSync(fd);
      if (size === 0 && nlink > 0) {
        this.#fd = fd;
        return fd;
      }
      closeSync(fd);
    }
  }

  #waitForCollection(): void {
    withFileLock(this.#layout.gcLockPath, "shared", () => {
      // No collection can start while we are here.
      ignoreCode("ENOENT", () => unlinkSync(this.#layout.gcSocketPath));
    });
  }

  /** Forgets the roots. */
  close(): void {
    if (this.#fd !== null) {
      ignoreCode("ENOENT", () => unlinkSync(this.#path));
      closeSync(this.#fd);
    }
    this.#fd = null;
    this.#sizeBytes = 0;
    this.#known.clear();
  }
}

/** Roots of all living processes, for a collection that holds `gc.lock`; deletes the files of dead ones. */
export function readTempRoots(layout: StoreLayout): Map<string, string> {
  const roots = new Map<string, string>();
  for (const { name } of listTree(layout.tempRootsDir)) {
    if (!/^[0-9]/.test(name)) continue;
    const file = `${layout.tempRootsDir}/${name}`;
    const text = ignoreCode("ENOENT", () => readLiveRoots(file));
    for (const path of text?.split("\0") ?? []) if (path !== "") roots.set(path, file);
  }
  return roots;
}

function readLiveRoots(file: string): string {
  const fd = openLockFile(file);
  try {
    if (!lockFile(fd, "exclusive", false)) return readFileSync(file, "latin1");
    unlinkSync(file);
    writeSync(fd, "d");
    return "";
  } finally {
    closeSync(fd);
  }
}
