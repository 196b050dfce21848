/**
 * What a machine says on its serial console: every byte goes to a file, lines to a stream, and the end of the text stays
 * in memory for waits and for error messages.
 *
 * Invariants: `lines$` never emits a partial line; `recentText` holds at most `keepChars` characters; a wait sees what was
 * said before it began (since the machine's start), so it cannot miss a line by being late.
 */
import { createWriteStream, type WriteStream } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { type Observable, Subject } from "rxjs";

export interface SerialLine {
  readonly text: string;
  readonly timeMs: number;
}

const keepChars = 4 * 1024 * 1024;
const maxLineChars = 16 * 1024;

export class SerialLog {
  readonly #lines = new Subject<SerialLine>();
  readonly #chunks = new Subject<string>();
  readonly #bytes = new Subject<Buffer>();
  readonly #decoder = new TextDecoder();
  #file: WriteStream | undefined;
  #recent = "";
  #partial = "";
  #sizeBytes = 0;

  /** Complete lines without colours and carriage returns. */
  readonly lines$: Observable<SerialLine> = this.#lines.asObservable();
  /** Emits after each piece of output, also for a line that has no end yet (`login:`). */
  readonly changed$: Observable<string> = this.#chunks.asObservable();

  /** Everything as it comes, for a terminal. */
  readonly bytes$: Observable<Buffer> = this.#bytes.asObservable();

  constructor(filePath: string | undefined) {
    this.#file = filePath === undefined ? undefined : createWriteStream(filePath, { flags: "a" });
    this.#file?.on("error", () => {
      this.#file = undefined;
    });
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The last megabytes of output, cleaned. */
  get recentText(): string {
    return this.#recent;
  }

  /** Returns false when the file is behind; the caller may then pause its source until `drained`. */
  write(chunk: Buffer): boolean {
    this.#sizeBytes += chunk.length;
    this.#bytes.next(chunk);
    const isKeepingUp = this.#file?.write(chunk) ?? true;
    const text = clean(this.#decoder.decode(chunk, { stream: true }));
    this.#recent += text;
    if (this.#recent.length > keepChars * 2) this.#recent = this.#recent.slice(-keepChars);
    this.#emitLines(text);
    this.#chunks.next(text);
    return isKeepingUp;
  }

  onceDrained(resume: () => void): void {
    if (this.#file === undefined) resume();
    else this.#file.once("drain", resume);
  }

  /** The last lines, for an error message. */
  tail(lineCount: number): string[] {
    const lines = this.#recent.slice(-lineCount * 400).split("\n");
    if (lines.at(-1) === "") lines.pop();
    return lines.slice(-lineCount).map((line) => line.slice(0, 400));
  }

  async close(): Promise<void> {
    if (this.#partial !== "") this.#lines.next({ text: this.#partial, timeMs: Date.now() });
    this.#partial = "";
    this.#lines.complete();
    this.#chunks.complete();
    this.#bytes.complete();
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) await new Promise<void>((resolve) => file.end(resolve));
  }

  #emitLines(text: string): void {
    const lines = (this.#partial + text).split("\n");
    this.#partial = (lines.pop() ?? "").slice(-maxLineChars);
    const timeMs = Date.now();
    for (const line of lines) this.#lines.next({ text: line, timeMs });
  }
}

function clean(text: string): string {
  return stripVTControlCharacters(text).replaceAll("\r", "");
}
