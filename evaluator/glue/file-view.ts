/**
 * The file system as an evaluation sees it: ordinary paths as they are, paths in the store at their logical place. Inside of
 * the store symlinks are followed here and not by the kernel, because their targets are logical paths too.
 */
import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, type Stats, statSync } from "node:fs";
import { byteStringOf, fsPath } from "#store/std/byte-string.ts";
import { EvalIoError, type FileIdentity, type FileType } from "../io.ts";
import { canonicalPath } from "../syntax/canonical-path.ts";

const maxLinks = 40;
/** What was asked of the file system this short ago need not be asked again. */
const freshMs = 20;

export class FileView {
  readonly #storePrefix: string;
  readonly #physical: (path: string) => string;

  /** What was asked last: a file that is imported is looked at first, and need not be looked at again. */
  #asked: { readonly path: string; readonly stats: Stats; readonly takenMs: number } | null = null;

  /** @param physical where a store path really is */
  constructor(storeDir: string, physical: (path: string) => string) {
    this.#storePrefix = `${storeDir}/`;
    this.#physical = physical;
  }

  readFile(path: string): string {
    return guard(path, "opening file", () => readFileSync(fsPath(this.#place(path)), "latin1"));
  }

  /** Null for what is no regular file; also where something fails, which reading it will tell. */
  identify(path: string): FileIdentity | null {
    const { stats, takenMs } = this.#justAsked(path) ?? this.#stat(path);
    if (stats?.isFile() !== true) return null;
    const { dev, ino, size, mtimeMs, ctimeMs } = stats;
    return { dev, ino, size, mtimeMs, ctimeMs, takenMs };
  }

  #justAsked(path: string): { readonly stats: Stats; readonly takenMs: number } | null {
    const asked = this.#asked;
    return asked?.path === path && asked.stats.isFile() && Date.now() - asked.takenMs < freshMs ? asked : null;
  }

  #stat(path: string): { readonly stats: Stats | undefined; readonly takenMs: number } {
    const takenMs = Date.now();
    try {
      return { stats: statSync(fsPath(this.#place(path)), { throwIfNoEntry: false }), takenMs };
    } catch {
      return { stats: undefined, takenMs };
    }
  }

  readDir(path: string): Map<string, FileType> {
    const entries = guard(path, "opening directory", () =>
      readdirSync(fsPath(this.#place(path)), { withFileTypes: true, encoding: "buffer" }),
    );
    return new Map(entries.map((entry) => [byteStringOf(entry.name), typeOf(entry)]));
  }

  fileType(path: string): FileType | null {
    const takenMs = Date.now();
    try {
      const stats = this.#lstat(path);
      this.#asked = stats === null ? null : { path, stats, takenMs };
      return stats === null ? null : typeOf(stats);
    } catch (error) {
      if (isMissing(error)) return null;
      throw ioError(error, path, "getting status of");
    }
  }

  realPath(path: string): string {
    return guard(path, "resolving", () => this.#resolve(path));
  }

  /** Where the contents of a path are, symlinks followed. */
  physicalPath(path: string): string {
    return guard(path, "resolving", () => this.#place(path));
  }

  #inStore(path: string): boolean {
    return path.startsWith(this.#storePrefix);
  }

  #place(path: string): string {
    return this.#inStore(path) ? this.#physicalOf(this.#resolve(path)) : path;
  }

  #physicalOf(path: string): string {
    return this.#inStore(path) ? this.#physical(path) : path;
  }

  #lstat(path: string): Stats | null {
    if (!this.#inStore(path)) return lstatSync(fsPath(path), { throwIfNoEntry: false }) ?? null;
    const slash = path.lastIndexOf("/");
    const parent = path.slice(0, slash);
    const place = this.#inStore(parent) ? `${this.#resolve(parent)}${path.slice(slash)}` : path;
    return lstatSync(fsPath(this.#physicalOf(place)), { throwIfNoEntry: false }) ?? null;
  }

  #resolve(path: string): string {
    if (!this.#inStore(path)) {
      const real = realpathSync(fsPath(path), { encoding: "buffer" });
      return byteStringOf(real);
    }
    let rest = path.slice(this.#storePrefix.length).split("/");
    let done = this.#storePrefix.slice(0, -1);
    for (let links = 0; rest.length > 0; ) {
      const [part = "", ...others] = rest;
      const next = `${done}/${part}`;
      const stats = lstatSync(fsPath(this.#physicalOf(next)));
      rest = others;
      if (!stats.isSymbolicLink()) {
        done = next;
        continue;
      }
      if (++links > maxLinks) throw new EvalIoError("other", `too many symlinks in '${path}'`);
      const target = byteStringOf(readlinkSync(fsPath(this.#physicalOf(next)), { encoding: "buffer" }));
      const full = canonicalPath([target, ...rest].join("/"), done);
      if (!this.#inStore(full)) return this.#resolve(full);
      rest = full.slice(this.#storePrefix.length).split("/");
      done = this.#storePrefix.slice(0, -1);
    }
    return done;
  }
}

function typeOf(entry: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): FileType {
  if (entry.isFile()) return "regular";
  if (entry.isDirectory()) return "directory";
  return entry.isSymbolicLink() ? "symlink" : "unknown";
}

function guard<T>(path: string, doing: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw ioError(error, path, doing);
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

function isMissing(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

/** A failure of `node:fs` as an error of the evaluation's world; anything else as it is. */
export function ioError(error: unknown, path: string, doing: string): unknown {
  const code = codeOf(error);
  switch (code) {
    case "ENOENT":
      return new EvalIoError("not-found", `${doing} '${path}': No such file or directory`, { cause: error });
    case "ENOTDIR":
      return new EvalIoError("not-a-directory", `${doing} '${path}': Not a directory`, { cause: error });
    case "EISDIR":
      return new EvalIoError("other", `reading '${path}': Is a directory`, { cause: error });
    case "EACCES":
    case "EPERM":
      return new EvalIoError("denied", `${doing} '${path}': Permission denied`, { cause: error });
    default:
      return code === undefined ? error : new EvalIoError("other", `${doing} '${path}': ${code}`, { cause: error });
  }
}
