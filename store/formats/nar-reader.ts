/**
 * Strict, streaming reader of NARs from anywhere, trusted or not. Bytes are pushed in, events come out. The archive is
 * read item by item (head of a node, rest of a file, end of a folder); an item that is not all there yet is read again
 * from its start when more bytes have come. Items are at most 5 KB, so that little is held; contents pass through.
 * Refused: names that are empty, `.`, `..` or hold `/` or NUL, names not strictly ascending (so no duplicates), words
 * or padding other than the format's, lengths beyond what a file system can hold, nesting beyond 4,096, trailing bytes.
 * Source: Nix manual, "Nix Archive (NAR) format".
 */
import { AppError } from "../std/app-error.ts";
import { NAR_CLOSE, NAR_ENTRY, NAR_HEADER, NAR_NODE, narString, padded } from "./nar-tokens.ts";

/** Receives the tree in the order of the archive. Names are byte strings; the top's name is the empty string. */
export interface NarHandler {
  startDirectory(name: string): void;
  endDirectory(): void;
  startFile(name: string, executable: boolean, sizeBytes: number): void;
  /** Part of the contents; valid only during the call. */
  fileData(chunk: Uint8Array): void;
  endFile(): void;
  symlink(name: string, target: string): void;
}

const MAX_NAME_BYTES = 255;
const MAX_TARGET_BYTES = 4095;
const MAX_WORD_BYTES = 16;
const MAX_DEPTH = 4096;

const NODE_START = Buffer.concat([narString("("), narString("type")]);
const EMPTY_WORD = narString("");
/** Thrown inside an item that is not complete yet. */
const NEED_MORE: unique symbol = Symbol("need more bytes");

/** Push the archive into {@link write} in any pieces, then call {@link end}. */
export class NarReader {
  readonly #handler: NarHandler;
  #buffer: Buffer = Buffer.alloc(0);
  #position = 0;
  #discardedBytes = 0;
  #state: "top" | "folder" | "contents" | "file-end" | "done" = "top";
  /** Last name seen in each open folder; null before the first. */
  readonly #lastNames: (string | null)[] = [];
  #fileBytes = 0;
  #leftBytes = 0;

  constructor(handler: NarHandler) {
    this.#handler = handler;
  }

  /** @throws AppError `STORE_BAD_NAR`, and whatever the handler throws */
  write(chunk: Uint8Array): void {
    if (this.writePart(chunk) > 0) this.#fail("data after its end");
  }

  /** As {@link write}, where something else follows: returns how many bytes at the end of the chunk are no more of the archive. */
  writePart(chunk: Uint8Array): number {
    if (chunk.length === 0) return 0;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes]);
    while (this.#state !== "done" && this.#position < this.#buffer.length) if (!this.#readItem()) break;
    const leftBytes = this.isDone ? this.#buffer.length - this.#position : 0;
    this.#discardedBytes += this.#position;
    // A copy, since the caller may use its chunk again.
    this.#buffer = this.isDone ? Buffer.alloc(0) : Buffer.from(this.#buffer.subarray(this.#position));
    this.#position = 0;
    return leftBytes;
  }

  /** Whether the archive is complete. */
  get isDone(): boolean {
    return this.#state === "done";
  }

  /** @throws AppError `STORE_BAD_NAR` when the archive is not complete */
  end(): void {
    if (this.#state !== "done") this.#fail("it is cut short");
  }

  #fail(why: string): never {
    const offset = this.#discardedBytes + this.#position;
    throw new AppError("STORE_BAD_NAR", `Cannot read NAR at offset ${offset}: ${why}`);
  }

  /** False when the item is not complete; nothing has been read of it then. */
  #readItem(): boolean {
    const start = this.#position;
    try {
      if (this.#state === "contents") this.#contents();
      else if (this.#state === "folder") this.#folderItem();
      else if (this.#state === "file-end") this.#fileEnd();
      else this.#top();
      return true;
    } catch (error) {
      if (error !== NEED_MORE) throw error;
      this.#position = start;
      return false;
    }
  }

  #top(): void {
    this.#expect(NAR_HEADER);
    this.#node("");
  }

  #folderItem(): void {
    if (this.#wordStartsWith(")")) {
      this.#expect(NAR_CLOSE);
      if (this.#lastNames.length > 1) this.#expect(NAR_CLOSE);
      this.#lastNames.pop();
      this.#handler.endDirectory();
      this.#state = this.#lastNames.length === 0 ? "done" : "folder";
      return;
    }
    this.#expect(NAR_ENTRY);
    const name = this.#string(MAX_NAME_BYTES);
    const previous = this.#lastNames.at(-1) ?? null;
    if (name === "" || name === "." || name === ".." || /[/\0]/.test(name)) this.#fail(`invalid file name '${name}'`);
    if (previous !== null && name <= previous) this.#fail(`file name '${name}' is not in order`);
    this.#expect(NAR_NODE);
    this.#node(name);
  }

  /** Nothing is told to the handler before the item is complete. */
  #node(name: string): void {
    this.#expect(NODE_START);
    const type = this.#string(MAX_WORD_BYTES);
    if (type === "directory") this.#directory(name);
    else if (type === "regular") this.#regular(name);
    else if (type === "symlink") this.#symlink(name);
    else this.#fail(`unknown file type '${type}'`);
  }

  #enter(name: string): void {
    if (this.#lastNames.length > 0) this.#lastNames[this.#lastNames.length - 1] = name;
  }

  #directory(name: string): void {
    if (this.#lastNames.length >= MAX_DEPTH) this.#fail(`folders nested deeper than ${MAX_DEPTH}`);
    this.#enter(name);
    this.#lastNames.push(null);
    this.#handler.startDirectory(name);
    this.#state = "folder";
  }

  #symlink(name: string): void {
    const word = this.#string(MAX_WORD_BYTES);
    if (word !== "target") this.#fail(`expected 'target', found '${word}'`);
    const target = this.#string(MAX_TARGET_BYTES);
    if (target === "" || target.includes("\0")) this.#fail("invalid symlink target");
    this.#closeNode();
    this.#enter(name);
    this.#handler.symlink(name, target);
    this.#leaveNode();
  }

  #regular(name: string): void {
    let word = this.#string(MAX_WORD_BYTES);
    const executable = word === "executable";
    if (executable) {
      this.#expect(EMPTY_WORD);
      word = this.#string(MAX_WORD_BYTES);
    }
    if (word !== "contents") this.#fail(`expected 'contents', found '${word}'`);
    const sizeBytes = this.#length(Number.MAX_SAFE_INTEGER);
    this.#enter(name);
    this.#fileBytes = sizeBytes;
    this.#leftBytes = sizeBytes;
    this.#handler.startFile(name, executable, sizeBytes);
    this.#state = sizeBytes === 0 ? "file-end" : "contents";
  }

  #contents(): void {
    const count = Math.min(this.#leftBytes, this.#buffer.length - this.#position);
    this.#handler.fileData(this.#buffer.subarray(this.#position, this.#position + count));
    this.#position += count;
    this.#leftBytes -= count;
    if (this.#leftBytes === 0) this.#state = "file-end";
  }

  #fileEnd(): void {
    this.#padding(this.#fileBytes);
    this.#closeNode();
    this.#handler.endFile();
    this.#leaveNode();
  }

  /** The end of a node that is no folder, and of the entry around it. */
  #closeNode(): void {
    this.#expect(NAR_CLOSE);
    if (this.#lastNames.length > 0) this.#expect(NAR_CLOSE);
  }

  #leaveNode(): void {
    this.#state = this.#lastNames.length === 0 ? "done" : "folder";
  }

  #need(byteCount: number): void {
    if (this.#buffer.length - this.#position < byteCount) throw NEED_MORE;
  }

  #wordStartsWith(char: string): boolean {
    this.#need(9);
    return this.#buffer[this.#position + 8] === char.charCodeAt(0);
  }

  #expect(words: Buffer): void {
    const available = Math.min(words.length, this.#buffer.length - this.#position);
    for (let i = 0; i < available; i++) {
      if (this.#buffer[this.#position + i] !== words[i]) {
        this.#fail(
          `expected '${words
            .toString("latin1")
            .replace(/[^a-z0-9()-]+/g, " ")
            .trim()}'`,
        );
      }
    }
    this.#need(words.length);
    this.#position += words.length;
  }

  #string(maxBytes: number): string {
    const length = this.#length(maxBytes);
    this.#need(length);
    const text = this.#buffer.toString("latin1", this.#position, this.#position + length);
    this.#position += length;
    this.#padding(length);
    return text;
  }

  #length(max: number): number {
    this.#need(8);
    const low = this.#buffer.readUInt32LE(this.#position);
    const value = this.#buffer.readUInt32LE(this.#position + 4) * 2 ** 32 + low;
    if (value > max) this.#fail(`length ${value} is beyond the limit of ${max}`);
    this.#position += 8;
    return value;
  }

  #padding(dataLength: number): void {
    const count = padded(dataLength) - dataLength;
    this.#need(count);
    for (let i = 0; i < count; i++) {
      if (this.#buffer[this.#position + i] !== 0) this.#fail("padding is not zero");
    }
    this.#position += count;
  }
}
