/**
 * The encoding below the worker protocol: 64-bit little-endian numbers, and strings as length, bytes, zero padding to 8.
 * Bytes are pulled from a source, so a peer that sends faster than we read is held back by its socket.
 *
 * Memory stays bounded whatever a peer sends: a string's length is checked before a byte of it is kept, and all strings
 * of one request share a budget. What is not a string of a request (NARs, frames) passes through in pieces.
 */
import { NAR_ZEROS, padded } from "../formats/nar-tokens.ts";
import { AppError } from "../std/app-error.ts";
import { byteStringOf } from "../std/byte-string.ts";

/** Gives the next bytes, or null at the end. The bytes are the caller's to keep. */
export type ChunkSource = () => Promise<Uint8Array | null>;

const EMPTY = new Uint8Array(0);
/** What one request may make us hold: some 800,000 store paths. */
const REQUEST_BUDGET_BYTES = 64 * 1024 * 1024;
/** Beside its bytes, what a string costs us. */
const STRING_OVERHEAD_BYTES = 24;

/** Broken framing: nothing that comes after it can be understood. */
export function protocolError(why: string): AppError {
  return new AppError("DAEMON_PROTOCOL", `Worker protocol error: ${why}`);
}

export class WireReader {
  readonly #source: ChunkSource;
  #bytes: Uint8Array = EMPTY;
  #offset = 0;
  #budgetBytes = REQUEST_BUDGET_BYTES;

  constructor(source: ChunkSource) {
    this.#source = source;
  }

  /** A new request may use the whole budget. */
  resetBudget(): void {
    this.#budgetBytes = REQUEST_BUDGET_BYTES;
  }

  /** At least one byte and at most `most` of them; null at the end. */
  async some(most: number): Promise<Uint8Array | null> {
    while (this.#offset === this.#bytes.length) {
      const chunk = await this.#source();
      if (chunk === null) return null;
      this.#bytes = chunk;
      this.#offset = 0;
    }
    const end = Math.min(this.#bytes.length, this.#offset + most);
    const part = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return part;
  }

  /** Exactly so many bytes, in one piece. */
  async exactly(count: number): Promise<Uint8Array> {
    if (this.#bytes.length - this.#offset >= count) {
      this.#offset += count;
      return this.#bytes.subarray(this.#offset - count, this.#offset);
    }
    const parts: Uint8Array[] = [];
    for (let left = count; left > 0; ) {
      const part = await this.some(left);
      if (part === null) throw protocolError("the connection ended in the middle of a message");
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts, count);
  }

  /** True when nothing more comes. */
  async isAtEnd(): Promise<boolean> {
    const part = await this.some(1);
    if (part === null) return true;
    this.#offset -= 1;
    return false;
  }

  async uint64(): Promise<bigint> {
    return viewOf(await this.exactly(8)).getBigUint64(0, true);
  }

  /** @throws AppError when it is beyond what a JavaScript number holds exactly */
  async number(): Promise<number> {
    if (this.#bytes.length - this.#offset < 8) return numberAt(await this.exactly(8), 0);
    this.#offset += 8;
    return numberAt(this.#bytes, this.#offset - 8);
  }

  async boolean(): Promise<boolean> {
    return (await this.uint64()) !== 0n;
  }

  /** The bytes of a string. */
  async bytes(most: number = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
    const length = await this.number();
    if (length > most) throw protocolError(`a string of ${length} bytes, where at most ${most} are allowed`);
    this.#spend(length);
    const bytes = await this.exactly(padded(length));
    for (let index = length; index < bytes.length; index++) {
      if (bytes[index] !== 0) throw protocolError("the padding of a string is not zero");
    }
    return bytes.subarray(0, length);
  }

  #spend(length: number): void {
    this.#budgetBytes -= length + STRING_OVERHEAD_BYTES;
    if (this.#budgetBytes < 0) {
      throw protocolError(`a message of more than ${REQUEST_BUDGET_BYTES / 1024 / 1024} MiB`);
    }
  }

  /** A byte string. */
  async string(most?: number): Promise<string> {
    return byteStringOf(await this.bytes(most));
  }

  /** A count, then so many items. */
  async list<T>(readItem: () => Promise<T>): Promise<T[]> {
    const count = await this.number();
    const items: T[] = [];
    // grows with what comes, not with what was announced
    for (let index = 0; index < count; index++) items.push(await readItem());
    return items;
  }

  strings(most?: number): Promise<string[]> {
    return this.list(() => this.string(most));
  }

  /** A body in frames: length, bytes without padding, and so on until a length of zero. */
  frames(): FramedBody {
    return new FramedBody(this);
  }
}

/** Read it to its end, or {@link drain} it: what follows on the wire starts behind it. */
export class FramedBody implements AsyncIterable<Uint8Array> {
  readonly #reader: WireReader;
  #leftBytes = 0;
  #isDone = false;

  constructor(reader: WireReader) {
    this.#reader = reader;
  }

  /** The next piece; null behind the last frame. */
  async next(): Promise<Uint8Array | null> {
    if (this.#isDone) return null;
    if (this.#leftBytes === 0) {
      this.#leftBytes = await this.#reader.number();
      this.#isDone = this.#leftBytes === 0;
      if (this.#isDone) return null;
    }
    const part = await this.#reader.some(this.#leftBytes);
    if (part === null) throw protocolError("the connection ended in the middle of a frame");
    this.#leftBytes -= part.length;
    return part;
  }

  async drain(): Promise<void> {
    while ((await this.next()) !== null);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    for (let part = await this.next(); part !== null; part = await this.next()) yield part;
  }
}

function numberAt(bytes: Uint8Array, offset: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 8);
  const value = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (!Number.isSafeInteger(value)) throw protocolError(`the number ${view.getBigUint64(0, true)} is out of range`);
  return value;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function writeNumber(bytes: Buffer, value: number): void {
  bytes.writeUInt32LE(value % 2 ** 32, 0);
  bytes.writeUInt32LE(Math.floor(value / 2 ** 32), 4);
}

/** Gathers a message; {@link take} hands it over. */
export class WireWriter {
  #parts: Uint8Array[] = [];

  number(value: number | bigint): this {
    const bytes = Buffer.allocUnsafe(8);
    if (typeof value === "bigint") bytes.writeBigUInt64LE(value);
    else writeNumber(bytes, value);
    this.#parts.push(bytes);
    return this;
  }

  boolean(value: boolean): this {
    return this.number(value ? 1 : 0);
  }

  /** A byte string, or bytes. */
  string(value: string | Uint8Array): this {
    const { length } = value;
    const bytes = Buffer.allocUnsafe(8 + padded(length));
    writeNumber(bytes, length);
    if (typeof value === "string") bytes.write(value, 8, "latin1");
    else bytes.set(value, 8);
    bytes.set(NAR_ZEROS.subarray(0, padded(length) - length), 8 + length);
    this.#parts.push(bytes);
    return this;
  }

  strings(values: Iterable<string>): this {
    const list = [...values];
    this.number(list.length);
    for (const value of list) this.string(value);
    return this;
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  take(): Buffer {
    const message = Buffer.concat(this.#parts);
    this.#parts = [];
    return message;
  }
}
