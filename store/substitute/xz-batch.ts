/**
 * Small xz files, many in one run of the host's program: starting it takes longer than decompressing one. While it runs, the
 * next ones gather. What files hold one after another is told apart by the announced sizes; where they do not fit, nobody
 * gets anything, and each is decompressed by itself.
 */
import { spawn } from "node:child_process";

/** What a batch is for, the files of one cache only: who lies about a size harms nobody else. */
interface Waiting {
  readonly file: Uint8Array;
  readonly narSizeBytes: number;
  readonly resolve: (nar: Buffer | null) => void;
}

const MAX_FILES = 64;
const MAX_RUNNING = 2;
/** How each NAR begins. */
const NAR_START = Buffer.from("\x0d\0\0\0\0\0\0\0nix-archive-1", "latin1");

export class XzBatch {
  readonly #waiting: Waiting[] = [];
  #running = 0;

  /** Null when it has to be tried by itself. */
  decompress(file: Uint8Array, narSizeBytes: number): Promise<Buffer | null> {
    return new Promise((resolve) => {
      this.#waiting.push({ file, narSizeBytes, resolve });
      this.#startNext();
    });
  }

  #startNext(): void {
    if (this.#running >= MAX_RUNNING || this.#waiting.length === 0) return;
    this.#running += 1;
    const batch = this.#waiting.splice(0, MAX_FILES);
    void runBatch(batch).then((nars) => {
      for (const [index, { resolve }] of batch.entries()) resolve(nars?.[index] ?? null);
      this.#running -= 1;
      this.#startNext();
    });
  }
}

async function runBatch(batch: readonly Waiting[]): Promise<Buffer[] | null> {
  const totalBytes = batch.reduce((sum, { narSizeBytes }) => sum + narSizeBytes, 0);
  const output = await runXz(Buffer.concat(batch.map(({ file }) => file)), totalBytes);
  if (output?.length !== totalBytes) return null;
  let offset = 0;
  const nars = batch.map(({ narSizeBytes }) => {
    offset += narSizeBytes;
    return output.subarray(offset - narSizeBytes, offset);
  });
  return nars.every((nar) => nar.subarray(0, NAR_START.length).equals(NAR_START)) ? nars : null;
}

/** Null when it fails, or has more to say than that. */
function runXz(input: Buffer, maxBytes: number): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const child = spawn("xz", ["-dc"], { stdio: ["pipe", "pipe", "ignore"] });
    const parts: Buffer[] = [];
    let size = 0;
    child.stdout.on("data", (part: Buffer) => {
      size += part.length;
      if (size > maxBytes) child.kill("SIGKILL");
      else parts.push(part);
    });
    child.once("error", () => resolve(null));
    child.once("close", (code) => resolve(code === 0 ? Buffer.concat(parts) : null));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}
