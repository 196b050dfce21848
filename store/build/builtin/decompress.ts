/**
 * Streams a file, or a part of one, decompressed. What it is compressed with is told by its first bytes; gzip and zstd are
 * in Node, for xz and bzip2 the host's program runs.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { AppError } from "../../std/app-error.ts";

export interface FilePart {
  readonly path: string;
  /** First byte; 0 unless told. */
  readonly start?: number;
  /** Number of bytes; to the end unless told. */
  readonly sizeBytes?: number;
}

type Compression = "xz" | "zstd" | "gzip" | "bzip2" | "none";

const MAGICS: readonly (readonly [Compression, Buffer])[] = [
  ["xz", Buffer.from("fd377a585a00", "hex")],
  ["zstd", Buffer.from("28b52ffd", "hex")],
  ["gzip", Buffer.from("1f8b", "hex")],
  ["bzip2", Buffer.from("BZh", "latin1")],
];
const LONGEST_MAGIC = 6;

export async function pipeDecompressed(part: FilePart, sink: Writable, signal: AbortSignal): Promise<void> {
  const source = openPart(part);
  const compression = compressionOf(part);
  if (compression === "none") await pipeline(source, sink, { signal });
  else if (compression === "gzip") await pipeline(source, createGunzip(), sink, { signal });
  else if (compression === "zstd") await pipeline(source, createZstdDecompress(), sink, { signal });
  else await pipeThrough(compression, source, { sink, signal });
}

function openPart({ path, start = 0, sizeBytes }: FilePart): Readable {
  return createReadStream(path, sizeBytes === undefined ? { start } : { start, end: start + sizeBytes - 1 });
}

function compressionOf({ path, start = 0 }: FilePart): Compression {
  const head = Buffer.alloc(LONGEST_MAGIC);
  const fd = openSync(path, "r");
  try {
    readSync(fd, head, 0, LONGEST_MAGIC, start);
  } finally {
    closeSync(fd);
  }
  return MAGICS.find(([, magic]) => head.subarray(0, magic.length).equals(magic))?.[0] ?? "none";
}

interface PipeEnd {
  readonly sink: Writable;
  readonly signal: AbortSignal;
}

async function pipeThrough(program: "xz" | "bzip2", source: Readable, { sink, signal }: PipeEnd): Promise<void> {
  const child = spawn(program, ["-dc"], { stdio: ["pipe", "pipe", "ignore"] });
  const ended = exitOf(child, program);
  try {
    await Promise.all([pipeline(source, child.stdin, { signal }), pipeline(child.stdout, sink, { signal }), ended]);
  } catch (error) {
    child.kill("SIGKILL");
    // the program's own failure explains more than the pipe that it broke
    await ended;
    throw error;
  }
}

async function exitOf(child: ChildProcess, program: string): Promise<void> {
  try {
    const [code] = await once(child, "exit");
    if (code === 0 || code === null) return;
  } catch (cause) {
    throw new AppError("HOST_NO_DECOMPRESSOR", `Program '${program}' is not installed`, {
      hint: `sudo apt-get install ${program === "xz" ? "xz-utils" : program}`,
      cause,
      exitCode: 3,
    });
  }
  throw new AppError("STORE_BAD_ARCHIVE", `Program '${program}' cannot decompress the archive`);
}
