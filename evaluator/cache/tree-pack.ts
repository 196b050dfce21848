/**
 * A pack: many parsed files in one file that is written once, under another name, and renamed, so that it is whole or not
 * there. Numbers are the machine's own (little-endian on all that Node runs on; another order fails the checksum).
 *
 * | at | what |
 * |---|---|
 * | 0 | magic, checksum of the rest of the header and the tables, number of texts, number of files |
 * | 32 | texts: hash (4 words), offset / 8, length, checksum, 0 |
 * | .. | files: hash of the path, device, inode, size, time of modification, time of change, index of the text (doubles) |
 * | .. | entries (`tree-entry.ts`); an offset of 0 means that the entry is in another pack |
 *
 * Every checksum is compared before anything is believed: what was damaged is as if it were not there.
 */
import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import type { FileIdentity } from "../io.ts";
import { decodeTree, type KnownTree } from "./tree-entry.ts";

const magic = 0x314e5946;
const headerBytes = 32;
const textWords = 8;
const fileDoubles = 7;
/** Read at once: the header and the tables, mostly; then entries with their neighbours, which are often asked for next. */
const firstReadBytes = 192 * 1024;
const windowBytes = 128 * 1024;
const chunkBytes = 1024 * 1024;
/** Tables beyond this are damaged. */
const maxTableBytes = 256 * 1024 * 1024;

export type StoredIdentity = Omit<FileIdentity, "takenMs">;

export interface PackedText {
  /** Of the contents, 16 bytes. */
  readonly hash: Uint32Array;
  /** Null: it is in another pack. */
  readonly entry: Uint8Array | null;
}

export interface PackedFile {
  readonly pathHash: number;
  readonly identity: StoredIdentity;
  /** Index among the texts. */
  readonly text: number;
}

/** Writes a pack; the caller renames it. */
export function writePack(path: string, texts: readonly PackedText[], files: readonly PackedFile[]): void {
  const tableBytes = texts.length * textWords * 4 + files.length * fileDoubles * 8;
  const head = Buffer.alloc(headerBytes + tableBytes);
  const words = new Uint32Array(head.buffer, head.byteOffset, head.byteLength >> 2);
  const entries: Uint8Array[] = [];
  let offset = head.byteLength;
  texts.forEach(({ hash, entry }, index) => {
    const at = headerBytes / 4 + index * textWords;
    words.set(hash, at);
    if (entry === null) return;
    words.set([offset / 8, entry.byteLength, crc32(entry)], at + 4);
    entries.push(entry);
    offset += entry.byteLength;
  });
  const rows = new Float64Array(head.buffer, head.byteOffset + headerBytes + texts.length * textWords * 4);
  files.forEach(({ pathHash, identity, text }, index) => {
    const { dev, ino, size, mtimeMs, ctimeMs } = identity;
    rows.set([pathHash, dev, ino, size, mtimeMs, ctimeMs, text], index * fileDoubles);
  });
  words.set([magic, 0, texts.length, files.length]);
  words[1] = crc32(head.subarray(8));
  const fd = openSync(path, "wx", 0o600);
  try {
    for (const chunk of chunksOf([head, ...entries])) writeFileSync(fd, chunk);
  } finally {
    closeSync(fd);
  }
}

/** Small pieces together, so that there are few writes. */
function* chunksOf(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let gathered: Uint8Array[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    gathered.push(piece);
    bytes += piece.byteLength;
    if (bytes < chunkBytes) continue;
    yield Buffer.concat(gathered);
    gathered = [];
    bytes = 0;
  }
  yield Buffer.concat(gathered);
}

export class Pack {
  readonly #fd: number;
  readonly #texts: Uint32Array;
  readonly #files: Float64Array;
  #window: Uint8Array;
  #windowStart = 0;

  private constructor(fd: number, texts: Uint32Array, files: Float64Array, window: Uint8Array) {
    this.#fd = fd;
    this.#texts = texts;
    this.#files = files;
    this.#window = window;
  }

  /** Null for what is damaged or no pack; throws when it cannot be read. */
  static open(path: string): Pack | null {
    const fd = openSync(path, "r");
    let head: ReturnType<typeof readHead> = null;
    try {
      head = readHead(fd);
    } finally {
      if (head === null) closeSync(fd);
    }
    return head === null ? null : new Pack(fd, head.texts, head.files, head.window);
  }

  close(): void {
    closeSync(this.#fd);
  }

  get textCount(): number {
    return this.#texts.length / textWords;
  }

  get fileCount(): number {
    return this.#files.length / fileDoubles;
  }

  pathHash(file: number): number {
    return this.#files[file * fileDoubles] as number;
  }

  textOf(file: number): number {
    return this.#files[file * fileDoubles + 6] as number;
  }

  identity(file: number): StoredIdentity {
    const [dev = 0, ino = 0, size = 0, mtimeMs = 0, ctimeMs = 0] = this.#files.subarray(file * fileDoubles + 1);
    return { dev, ino, size, mtimeMs, ctimeMs };
  }

  isFile(file: number, { dev, ino, size, mtimeMs, ctimeMs }: StoredIdentity): boolean {
    const row = this.#files;
    const at = file * fileDoubles;
    return (
      row[at + 1] === dev &&
      row[at + 2] === ino &&
      row[at + 3] === size &&
      row[at + 4] === mtimeMs &&
      row[at + 5] === ctimeMs
    );
  }

  hash(text: number): Uint32Array {
    return this.#texts.subarray(text * textWords, text * textWords + 4);
  }

  hasEntry(text: number): boolean {
    return this.#texts[text * textWords + 4] !== 0;
  }

  /** The bytes of an entry; null when they are damaged or elsewhere. */
  entry(text: number): Uint8Array | null {
    const [offset = 0, length = 0, checksum = 0] = this.#texts.subarray(text * textWords + 4);
    if (offset === 0) return null;
    const bytes = this.#bytes(offset * 8, length);
    return bytes !== null && crc32(bytes) === checksum ? bytes : null;
  }

  tree(text: number): KnownTree | null {
    const entry = this.entry(text);
    return entry === null ? null : decodeTree(entry);
  }

  #bytes(offset: number, length: number): Uint8Array | null {
    const start = offset - this.#windowStart;
    if (start >= 0 && start + length <= this.#window.byteLength) return this.#window.subarray(start, start + length);
    const bytes = readAt(this.#fd, offset, Math.max(length, windowBytes));
    if (bytes.byteLength < length) return null;
    this.#window = bytes;
    this.#windowStart = offset;
    return bytes.subarray(0, length);
  }
}

function readHead(fd: number): { texts: Uint32Array; files: Float64Array; window: Uint8Array } | null {
  let window = readAt(fd, 0, firstReadBytes);
  if (window.byteLength < headerBytes) return null;
  const [found, checksum, textCount = 0, fileCount = 0] = new Uint32Array(window.buffer, 0, headerBytes / 4);
  const filesAt = headerBytes + textCount * textWords * 4;
  const end = filesAt + fileCount * fileDoubles * 8;
  if (found !== magic || end > maxTableBytes) return null;
  if (end > window.byteLength) window = readAt(fd, 0, end);
  if (end > window.byteLength || crc32(window.subarray(8, end)) !== checksum) return null;
  return {
    texts: new Uint32Array(window.buffer, headerBytes, textCount * textWords),
    files: new Float64Array(window.buffer, filesAt, fileCount * fileDoubles),
    window,
  };
}

/** Up to `length` bytes, in a buffer of their own. */
function readAt(fd: number, offset: number, length: number): Uint8Array {
  const bytes: Uint8Array = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const count = readSync(fd, bytes, done, length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}
