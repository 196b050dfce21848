/**
 * Unpacks a NAR into the file system, which stays inside its target: every name comes checked from the reader, and every
 * file, folder and link is created anew (O_EXCL), so nothing is followed and nothing overwritten.
 * With `canonical`, files get the store's mode (0444, 0555) and time (1) while they are open, which saves a second pass.
 */
import {
  chmodSync,
  closeSync,
  fchmodSync,
  futimesSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { bytesOf, fsPath } from "../std/byte-string.ts";
import { type NarHandler, NarReader } from "./nar-reader.ts";
import type { ByteSink } from "./nar-writer.ts";

export interface RestoreOptions {
  /** Modes 0444 and 0555, time 1, as in a store; otherwise what the umask makes of 0666 and 0777. */
  readonly canonical?: boolean;
}

class RestoreHandler implements NarHandler {
  readonly #canonical: boolean;
  readonly #folders: string[] = [];
  readonly #top: string;
  #fd = -1;
  #executable = false;

  constructor(top: string, canonical: boolean) {
    this.#top = top;
    this.#canonical = canonical;
  }

  #place(name: string): string {
    const folder = this.#folders.at(-1);
    return folder === undefined ? this.#top : `${folder}/${name}`;
  }

  startDirectory(name: string): void {
    const path = this.#place(name);
    mkdirSync(fsPath(path));
    this.#folders.push(path);
  }

  endDirectory(): void {
    const path = this.#folders.pop();
    if (path === undefined || !this.#canonical) return;
    chmodSync(fsPath(path), 0o555);
    utimesSync(fsPath(path), 1, 1);
  }

  startFile(name: string, executable: boolean): void {
    this.#executable = executable;
    this.#fd = openSync(fsPath(this.#place(name)), "wx", executable ? 0o777 : 0o666);
  }

  fileData(chunk: Uint8Array): void {
    for (let offset = 0; offset < chunk.length; ) offset += writeSync(this.#fd, chunk, offset);
  }

  endFile(): void {
    if (this.#canonical) {
      fchmodSync(this.#fd, this.#executable ? 0o555 : 0o444);
      futimesSync(this.#fd, 1, 1);
    }
    this.close();
  }

  symlink(name: string, target: string): void {
    const path = fsPath(this.#place(name));
    symlinkSync(bytesOf(target), path);
    if (this.#canonical) lutimesSync(path, 1, 1);
  }

  close(): void {
    const fd = this.#fd;
    this.#fd = -1;
    if (fd >= 0) closeSync(fd);
  }
}

/** A restoration under way. */
export interface NarRestorer {
  readonly write: ByteSink;
  /** Checks that the archive is complete. */
  end(): void;
  /** Lets go of what is open; call it also after an error. What was written stays. */
  close(): void;
}

/**
 * Starts to unpack an archive to `path` (byte string), which must not exist.
 * @throws AppError `STORE_BAD_NAR` from `write` and `end`; errors of the file system as they are
 */
export function createNarRestorer(path: string, options: RestoreOptions = {}): NarRestorer {
  const handler = new RestoreHandler(path, options.canonical === true);
  const reader = new NarReader(handler);
  return {
    write: (chunk) => reader.write(chunk),
    end: () => reader.end(),
    close: () => handler.close(),
  };
}
