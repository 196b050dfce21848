/**
 * The NAR inside a compressed file of a cache. Small files (most are) are decompressed in one call; xz, bzip2 and lzip are
 * the host's programs. Nothing is believed: whoever reads counts the bytes and stops when there are too many.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createZstdDecompress,
  gunzipSync,
  zstdDecompressSync,
} from "node:zlib";
import { AppError } from "../std/app-error.ts";
import { CacheTrouble } from "./cache-source.ts";
import type { XzBatch } from "./xz-batch.ts";

type Bytes = AsyncIterable<Uint8Array>;

const INNER = {
  br: { whole: brotliDecompressSync, stream: createBrotliDecompress },
  gzip: { whole: gunzipSync, stream: createGunzip },
  zstd: { whole: zstdDecompressSync, stream: createZstdDecompress },
} as const;

/** Name in a narinfo -> program of the host, and its Debian package. */
const PROGRAMS: Readonly<Record<string, readonly [program: string, debianPackage: string]>> = {
  xz: ["xz", "xz-utils"],
  bzip2: ["bzip2", "bzip2"],
  lzip: ["lzip", "lzip"],
};

const WHOLE_BYTES = 1024 * 1024;
const WHOLE_NAR_BYTES = 8 * 1024 * 1024;

export function canDecompress(compression: string): boolean {
  return compression === "none" || compression in INNER || compression in PROGRAMS;
}

/** @throws CacheTrouble when it is no such compression, AppError `HOST_NO_DECOMPRESSOR` */
export async function* decompressNar(
  source: Bytes,
  compression: string,
  { narSizeBytes, xzBatch }: { readonly narSizeBytes: number; readonly xzBatch: XzBatch },
): AsyncGenerator<Uint8Array, void, undefined> {
  if (compression === "none") return yield* source;
  const program = PROGRAMS[compression];
  const inner = isInner(compression) ? INNER[compression] : null;
  const { head, rest } = await takeHead(source, narSizeBytes <= WHOLE_NAR_BYTES ? WHOLE_BYTES : 0);
  if (program !== undefined) {
    const nar = rest === null && compression === "xz" ? await xzBatch.decompress(head, narSizeBytes) : null;
    if (nar === null) yield* throughProgram(chain(head, rest), program);
    else yield nar;
    return;
  }
  if (inner === null) throw new CacheTrouble("final", `compression '${compression}' is not known`);
  if (rest === null) {
    const nar = tryWhole(() => inner.whole(head, { maxOutputLength: narSizeBytes + 1 }));
    // of several frames one after another, only the first one came: then as a stream
    if (nar?.length === narSizeBytes) return yield nar;
  }
  yield* throughStream(chain(head, rest), inner.stream());
}

function isInner(compression: string): compression is keyof typeof INNER {
  return compression in INNER;
}

function tryWhole(decompress: () => Buffer): Buffer | null {
  try {
    return decompress();
  } catch {
    return null;
  }
}

/** All of a small source, then `rest` is null; or its start. */
async function takeHead(
  source: Bytes,
  maxBytes: number,
): Promise<{ readonly head: Buffer; readonly rest: AsyncIterator<Uint8Array> | null }> {
  const pieces = source[Symbol.asyncIterator]();
  const parts: Uint8Array[] = [];
  let size = 0;
  while (size <= maxBytes) {
    const next = await pieces.next();
    if (next.done === true) return { head: Buffer.concat(parts), rest: null };
    parts.push(next.value);
    size += next.value.length;
  }
  return { head: Buffer.concat(parts), rest: pieces };
}

async function* chain(
  head: Uint8Array,
  rest: AsyncIterator<Uint8Array> | null,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield head;
    if (rest === null) return;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest?.return?.();
  }
}

async function* throughStream(
  source: Bytes,
  decompressor: NodeJS.ReadWriteStream & AsyncIterable<unknown> & { destroy(error?: Error): unknown },
): AsyncGenerator<Uint8Array, void, undefined> {
  const input = Readable.from(source, { objectMode: false });
  const pumped = pipeline(input, decompressor);
  pumped.catch(() => {});
  try {
    for await (const piece of decompressor) if (piece instanceof Uint8Array) yield piece;
    await pumped;
  } catch (error) {
    throw sourceErrorOf(input, error);
  } finally {
    decompressor.destroy();
    input.destroy();
  }
}

async function* throughProgram(
  source: Bytes,
  [program, debianPackage]: readonly [string, string],
): AsyncGenerator<Uint8Array, void, undefined> {
  const child = spawn(program, ["-dc"], { stdio: ["pipe", "pipe", "ignore"] });
  const input = Readable.from(source, { objectMode: false });
  const ended = once(child, "close").then(
    ([code]) => {
      if (code !== 0) throw new CacheTrouble("final", `'${program}' cannot decompress it`);
    },
    (cause: unknown) => {
      throw new AppError("HOST_NO_DECOMPRESSOR", `Program '${program}' is not installed`, {
        hint: `sudo apt-get install ${debianPackage}`,
        cause,
        exitCode: 3,
      });
    },
  );
  const pumped = pipeline(input, child.stdin);
  pumped.catch(() => child.kill("SIGKILL"));
  ended.catch(() => {});
  try {
    for await (const piece of child.stdout) yield piece;
    await ended;
    await pumped;
  } catch (error) {
    throw sourceErrorOf(input, error);
  } finally {
    child.kill("SIGKILL");
    input.destroy();
  }
}

/** What the source failed with explains more than the broken pipe behind it. */
function sourceErrorOf(input: Readable, error: unknown): unknown {
  if (input.errored !== null) return input.errored;
  if (error instanceof CacheTrouble || error instanceof AppError) return error;
  return new CacheTrouble("final", `it cannot be decompressed: ${error instanceof Error ? error.message : error}`);
}
