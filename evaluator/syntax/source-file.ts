/**
 * Source texts and positions. A position is one number: the base of its file plus the offset in it, so that syntax trees,
 * attribute shapes and errors carry plain numbers, and only a message that is really shown pays for lines and columns.
 * 0 is "no position".
 */

/** A place as people read it; line and column count from 1, column in bytes. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export class SourceFile {
  /** Path of the file, or `«string»`. */
  readonly name: string;
  readonly text: string;
  readonly base: number;
  readonly isFile: boolean;
  #lineStarts: number[] | null = null;

  constructor(name: string, text: string, base: number, isFile: boolean) {
    this.name = name;
    this.text = text;
    this.base = base;
    this.isFile = isFile;
  }

  lineAndColumn(offset: number): { line: number; column: number } {
    this.#lineStarts ??= findLineStarts(this.text);
    const starts = this.#lineStarts;
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
    this.#lineStarts ??= findLineStarts(this.text);
    const start = this.#lineStarts[number - 1];
    if (start === undefined) return "";
    const end = this.#lineStarts[number] ?? this.text.length + 1;
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

  add(name: string, text: string, isFile: boolean): SourceFile {
    const file = new SourceFile(name, text, this.#nextBase, isFile);
    this.#nextBase += text.length + 1;
    this.#files.push(file);
    return file;
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
