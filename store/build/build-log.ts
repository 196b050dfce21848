/**
 * The log of one build: kept under `<root>/nix/var/log/nix/drvs/` in Nix's layout, split into lines for the events, its
 * tail remembered for the error. It is written plain, so that it can be followed while the build runs, and a long one is
 * compressed by the host's bzip2 at the end (what Nix reads); without bzip2 it stays plain, which Nix reads as well.
 * Lines `@nix {..}` are messages of the builder to us, not log lines: `setPhase` names the phase.
 */
import { execFile } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { ignoreCode } from "../std/system-error.ts";

const TAIL_LINES = 25;
const COMPRESS_FROM_BYTES = 4096;
const MAX_LOG_BYTES = 2 ** 30;
const MESSAGE_PREFIX = "@nix ";
/** A longer line is cut into pieces, so that a builder without line ends cannot fill our memory. */
const MAX_LINE_BYTES = 64 * 1024;

export interface BuildLogListener {
  onLine(line: string): void;
  onPhase(phase: string): void;
}

export function buildLogPath(root: string, drvPath: string): string {
  const name = basename(drvPath);
  return join(root, "nix/var/log/nix/drvs", name.slice(0, 2), name.slice(2));
}

/** The whole log of a build, as the builder printed it; null when there is none. */
export async function readBuildLog(root: string, drvPath: string): Promise<Buffer | null> {
  const path = buildLogPath(root, drvPath);
  const plain = ignoreCode("ENOENT", () => readFileSync(path));
  if (plain !== undefined) return plain;
  if (!existsSync(`${path}.bz2`)) return null;
  const options = { encoding: "buffer", maxBuffer: MAX_LOG_BYTES } as const;
  return (await promisify(execFile)("bzip2", ["-dc", `${path}.bz2`], options)).stdout;
}

export class BuildLog {
  readonly #path: string;
  readonly #fd: number;
  readonly #listener: BuildLogListener;
  #partialLine: Buffer = Buffer.alloc(0);
  #sizeBytes = 0;
  #tail: string[] = [];

  constructor(root: string, drvPath: string, listener: BuildLogListener) {
    this.#path = buildLogPath(root, drvPath);
    this.#listener = listener;
    mkdirSync(dirname(this.#path), { recursive: true });
    rmSync(`${this.#path}.bz2`, { force: true });
    this.#fd = openSync(this.#path, "w", 0o644);
  }

  /** The last lines so far. */
  get tail(): readonly string[] {
    return this.#tail.slice(-TAIL_LINES);
  }

  write(chunk: Buffer): void {
    writeSync(this.#fd, chunk);
    this.#sizeBytes += chunk.length;
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      this.#finishLine(chunk.subarray(start, end));
      start = end + 1;
    }
    this.#partialLine = Buffer.concat([this.#partialLine, chunk.subarray(start)]);
    if (this.#partialLine.length > MAX_LINE_BYTES) this.#finishLine(Buffer.alloc(0));
  }

  #finishLine(rest: Buffer): void {
    const bytes = this.#partialLine.length === 0 ? rest : Buffer.concat([this.#partialLine, rest]);
    this.#partialLine = Buffer.alloc(0);
    const text = bytes.toString("utf8").replace(/\r+$/, "");
    // a progress bar redraws its line with returns: only the last state counts
    const line = text.slice(text.lastIndexOf("\r") + 1);
    if (line.startsWith(MESSAGE_PREFIX)) this.#receiveMessage(line.slice(MESSAGE_PREFIX.length));
    else this.#addLine(line);
  }

  #addLine(line: string): void {
    this.#tail.push(line);
    if (this.#tail.length > TAIL_LINES * 2) this.#tail = this.#tail.slice(-TAIL_LINES);
    this.#listener.onLine(line);
  }

  #receiveMessage(json: string): void {
    const message = parseMessage(json);
    if (message === null) this.#addLine(MESSAGE_PREFIX + json);
    else if (message["action"] === "setPhase" && typeof message["phase"] === "string") {
      this.#listener.onPhase(message["phase"]);
    }
  }

  /** What came without a line end counts as a line too. */
  finishLastLine(): void {
    if (this.#partialLine.length > 0) this.#finishLine(Buffer.alloc(0));
  }

  /** Closes the file and compresses it where that pays. */
  async close(): Promise<void> {
    this.finishLastLine();
    closeSync(this.#fd);
    if (this.#sizeBytes >= COMPRESS_FROM_BYTES) await compressLog(this.#path);
  }
}

function parseMessage(json: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(json);
    // as: any object has string keys
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Without bzip2, or on a full disk, the log stays as it is. */
async function compressLog(path: string): Promise<void> {
  try {
    await promisify(execFile)("bzip2", ["-f", path]);
  } catch {
    rmSync(`${path}.bz2`, { force: true });
  }
}
