/**
 * Pipes on which a builder's two outputs arrive together and in order. Node gives children socket pairs, one for each
 * output, and `echo > /dev/stderr` fails on a socket; so these are named pipes. One serves many builds, one after the
 * other: a build is over only when no process of it is left that could write.
 */
import { execFile } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

export interface LogPipe {
  /** For the child; closed by {@link LogPipe.closeWriter} once the child has it. */
  readonly writerFd: number;
  /** Ends when the last writer is gone. */
  readonly reader: Socket;
  closeWriter(): void;
  /** Gives the pipe back, for the next build. */
  release(): void;
}

export class LogPipes {
  readonly #folder: string;
  readonly #free: string[] = [];
  #count = 0;

  /** @param folder private; made when it is needed */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(): Promise<LogPipe> {
    const path = this.#free.pop() ?? (await this.#make());
    const readerFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writerFd = openSync(path, constants.O_WRONLY);
    const reader = new Socket({ fd: readerFd, readable: true, writable: false });
    return {
      writerFd,
      reader,
      closeWriter: () => closeSync(writerFd),
      release: () => {
        reader.destroy();
        this.#free.push(path);
      },
    };
  }

  async #make(): Promise<string> {
    mkdirSync(this.#folder, { recursive: true });
    this.#count += 1;
    const path = join(this.#folder, String(this.#count));
    await promisify(execFile)("mkfifo", ["-m", "600", path]);
    return path;
  }
}
