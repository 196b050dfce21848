/**
 * Source texts and positions. A position is one number: the base of its file plus the offset in it, so that syntax trees,
 * attribute shapes and errors carry plain numbers, and only a message that is really shown pays for lines and columns.
 * 0 is "no position".
 */

import { latin1 } from "./syntax-tree.ts";

/** A place as people read it; line and column count from 1, column in bytes. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A text that was not read, since it was parsed before. */
export interface UnreadText {
  readonly length: number;
  readonly lineStarts: ArrayLike<number>;
  /** Reads it after all, for a message that shows a line. */
  readonly load: () => string;
}

/** Text; bytes with a zero byte behind them; or what is known of it. */
export type SourceText = string | Uint8Array | UnreadText;

export class SourceFile {
  /** Path of the file, or `«string»`. */
  readonly name: string;
  readonly base: number;
  /** In bytes. */
  readonly length: number;
  readonly isFile: boolean;
  #text: SourceText;
  #lineStarts: ArrayLike<number> | null;

  constructor(name: string, text: SourceText, base: number, isFile: boolean) {
    this.name = name;
    this.base = base;
    this.isFile = isFile;
    this.#text = text;
    this.length = text instanceof Uint8Array ? text.length - 1 : text.length;
    this.#lineStarts = typeof text === "object" && "lineStarts" in text ? text.lineStarts : null;
  }

  get text(): string {
    if (typeof this.#text === "string") return this.#text;
    const { length } = this;
    this.#text = this.#text instanceof Uint8Array ? latin1(this.#text, 0, length) : this.#text.load();
    return this.#text;
  }

  /** The text as bytes, with a zero byte behind it. */
  terminatedBytes(): Uint8Array {
    if (this.#text instanceof Uint8Array) return this.#text;
    const { text } = this;
    const bytes = new Uint8Array(text.length + 1);
    Buffer.from(bytes.buffer).write(text, "latin1");
    return bytes;
  }

  /** Offsets of the lines' first bytes. */
  get lineStarts(): ArrayLike<number> {
    this.#lineStarts ??= findLineStarts(this.text);
    return this.#lineStarts;
  }

  lineAndColumn(offset: number): { line: number; column: number } {
    const starts = this.lineStarts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  }

  /** The text of a line, counted from 1; empty beyond the end. */
  line(number: number): string {
    const start = this.lineStarts[number - 1];
    if (start === undefined) return "";
    const end = this.lineStarts[number] ?? this.length + 1;
    return this.text.slice(start, end - 1).replace(/\r$/, "");
  }
}

function findLineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** All files of one evaluation. */
export class Sources {
  readonly #files: SourceFile[] = [];
  #nextBase = 1;

  add(name: string, text: SourceText, isFile: boolean): SourceFile {
    const file = new SourceFile(name, text, this.#nextBase, isFile);
    this.#nextBase += file.length + 1;
    this.#files.push(file);
    return file;
  }

  /** The position that the next file will begin with. */
  get end(): number {
    return this.#nextBase;
  }

  fileOf(position: number): SourceFile | null {
    if (position <= 0) return null;
    let low = 0;
    let high = this.#files.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#files[middle]?.base ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return this.#files[low] ?? null;
  }

  locate(position: number): SourceLocation | null {
    const file = this.fileOf(position);
    if (file === null) return null;
    return { file: file.name, ...file.lineAndColumn(position - file.base) };
  }
}
