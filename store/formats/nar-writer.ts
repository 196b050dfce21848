/**
 * Writes the NAR of a file tree to a sink, synchronously: the evaluator adds sources in the middle of an evaluation.
 * Memory is two fixed buffers whatever the size: words and small files gather in one, large files pass through the
 * other. The sink gets large chunks and must be done with a chunk when it returns.
 * Only what a NAR holds is looked at: type, contents, the owner's executable bit, link targets, names (sorted by bytes).
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import { AppError } from "../std/app-error.ts";
import { compareBytes, fsPath } from "../std/byte-string.ts";
import { formatHash, type Hash, StreamHasher } from "./hash.ts";
import {
  NAR_CLOSE,
  NAR_DIRECTORY,
  NAR_ENTRY,
  NAR_EXECUTABLE,
  NAR_HEADER,
  NAR_NODE,
  NAR_REGULAR,
  NAR_SYMLINK,
  padded,
} from "./nar-tokens.ts";

export type ByteSink = (chunk: Uint8Array) => void;
export type TreeFileType = "regular" | "directory" | "symlink" | "unknown";
/** Called with the path and its type; false leaves it out of the NAR. */
export type TreeFilter = (path: string, type: TreeFileType) => boolean;

const BUFFER_BYTES = 256 * 1024;
const MAX_UINT32 = 2 ** 32;

class BufferedSink {
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #used = 0;
  readonly #sink: ByteSink;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  flush(): void {
    if (this.#used > 0) this.#sink(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  #reserve(byteCount: number): void {
    if (this.#used + byteCount > BUFFER_BYTES) this.flush();
  }

  words(bytes: Buffer): void {
    this.#reserve(bytes.length);
    bytes.copy(this.#buffer, this.#used);
    this.#used += bytes.length;
  }

  length(value: number): void {
    this.#reserve(8);
    this.#buffer.writeUInt32LE(value % MAX_UINT32, this.#used);
    this.#buffer.writeUInt32LE(Math.floor(value / MAX_UINT32), this.#used + 4);
    this.#used += 8;
  }

  string(text: string): void {
    this.length(text.length);
    this.#reserve(text.length + 8);
    this.#buffer.write(text, this.#used, "latin1");
    this.#used += text.length;
    this.padding(text.length);
  }

  padding(dataLength: number): void {
    const count = padded(dataLength) - dataLength;
    this.#reserve(count);
    this.#buffer.fill(0, this.#used, this.#used + count);
    this.#used += count;
  }

  /** Copies exactly `sizeBytes` from an open file, read straight into the buffer. */
  file(fd: number, sizeBytes: number, path: string): void {
    let left = sizeBytes;
    while (left > 0) {
      if (this.#used === BUFFER_BYTES || (left > BUFFER_BYTES - this.#used && this.#used > 0)) this.flush();
      const count = readSync(fd, this.#buffer, this.#used, Math.min(left, BUFFER_BYTES - this.#used), null);
      if (count === 0) throw new AppError("STORE_FILE_CHANGED", `File '${path}' became shorter while it was read`);
      this.#used += count;
      left -= count;
    }
    this.padding(sizeBytes);
  }
}

/**
 * Writes the NAR of `path` (byte string, physical).
 * @throws AppError `STORE_BAD_FILE_TYPE` for sockets, devices and pipes
 */
export function writeNar(path: string, sink: ByteSink, filter: TreeFilter | null = null): void {
  const out = new BufferedSink(sink);
  out.words(NAR_HEADER);
  writeNode(out, path, typeOf(path), filter);
  out.flush();
}

function typeOf(path: string): TreeFileType {
  const stat = lstatSync(fsPath(path));
  if (stat.isFile()) return "regular";
  if (stat.isDirectory()) return "directory";
  return stat.isSymbolicLink() ? "symlink" : "unknown";
}

function writeNode(out: BufferedSink, path: string, type: TreeFileType, filter: TreeFilter | null): void {
  if (type === "regular") writeRegular(out, path);
  else if (type === "directory") writeDirectory(out, path, filter);
  else if (type === "symlink") writeSymlink(out, path);
  else throw new AppError("STORE_BAD_FILE_TYPE", `File '${path}' is neither a file, a folder nor a symlink`);
  out.words(NAR_CLOSE);
}

function writeRegular(out: BufferedSink, path: string): void {
  const fd = openSync(fsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const stat = fstatSync(fd);
    out.words((stat.mode & 0o100) !== 0 ? NAR_EXECUTABLE : NAR_REGULAR);
    out.length(stat.size);
    out.file(fd, stat.size, path);
  } finally {
    closeSync(fd);
  }
}

function writeSymlink(out: BufferedSink, path: string): void {
  out.words(NAR_SYMLINK);
  out.string(readlinkSync(fsPath(path), "latin1"));
}

function writeDirectory(out: BufferedSink, path: string, filter: TreeFilter | null): void {
  out.words(NAR_DIRECTORY);
  for (const { name, type } of listTree(path)) {
    const child = `${path}/${name}`;
    if (filter !== null && !filter(child, type)) continue;
    out.words(NAR_ENTRY);
    out.string(name);
    out.words(NAR_NODE);
    writeNode(out, child, type, filter);
    out.words(NAR_CLOSE);
  }
}

/** Entries of a folder with their types, sorted by bytes. */
export function listTree(path: string): { readonly name: string; readonly type: TreeFileType }[] {
  const folder = fsPath(path);
  // With a Buffer as path, Node cannot join names to it where the file system tells no types.
  const entries =
    typeof folder === "string"
      ? readdirSync(folder, { withFileTypes: true, encoding: "latin1" }).map((e) => ({
          name: e.name,
          type: entryType(e),
        }))
      : readdirSync(folder, "latin1").map((name) => ({ name, type: typeOf(`${path}/${name}`) }));
  return entries.sort((a, b) => compareBytes(a.name, b.name));
}

function entryType(entry: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): TreeFileType {
  if (entry.isFile()) return "regular";
  if (entry.isDirectory()) return "directory";
  return entry.isSymbolicLink() ? "symlink" : "unknown";
}

export interface NarDigest {
  readonly hash: Hash;
  /** `sha256:<base16>`, as the database holds it. */
  readonly narHash: string;
  readonly narSizeBytes: number;
}

/** Hash and size of a tree's NAR, which may go on to `sink`. */
export function hashTree(path: string, filter: TreeFilter | null = null, sink: ByteSink | null = null): NarDigest {
  const hasher = new StreamHasher("sha256");
  writeNar(
    path,
    (chunk) => {
      hasher.update(chunk);
      sink?.(chunk);
    },
    filter,
  );
  const hash = hasher.finish();
  return { hash, narHash: formatHash(hash, "base16"), narSizeBytes: hasher.sizeBytes };
}
