/**
 * The pipe on which a builder's two outputs arrive together and in order. Node gives children socket pairs, one for each
 * output, and `echo > /dev/stderr` fails on a socket; so it is a named pipe in the build folder.
 */
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, unlinkSync } from "node:fs";
import { Socket } from "node:net";

export interface LogPipe {
  /** For the child; closed by {@link LogPipe.closeWriter} once the child has it. */
  readonly writerFd: number;
  /** Ends when the last writer is gone. */
  readonly reader: Socket;
  closeWriter(): void;
}

/** @param path where the pipe may stand for a moment; nothing is left there */
export function openLogPipe(path: string): LogPipe {
  execFileSync("mkfifo", ["-m", "600", path], { stdio: ["ignore", "ignore", "inherit"] });
  const readerFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writerFd = openSync(path, constants.O_WRONLY);
  unlinkSync(path);
  const reader = new Socket({ fd: readerFd, readable: true, writable: false });
  return { writerFd, reader, closeWriter: () => closeSync(writerFd) };
}
