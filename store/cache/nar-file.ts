/**
 * Writes the compressed NAR file of one store path, synchronously and with little memory: the NAR is cut into blocks of
 * 4 MiB, each a frame (a member, in gzip) of its own. Frames one after another are one valid stream to every reader.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { formatDigest, formatHash, StreamHasher } from "../formats/hash.ts";
import { hashTree } from "../formats/nar-writer.ts";
import { fsPath } from "../std/byte-string.ts";

export type NarCompression = "xz" | "zstd" | "gzip" | "none";

const BLOCK_BYTES = 4 * 1024 * 1024;
const SUFFIX: Readonly<Record<NarCompression, string>> = { xz: ".xz", zstd: ".zst", gzip: ".gz", none: "" };
const COMPRESS: Readonly<Record<NarCompression, (block: Buffer) => Buffer>> = {
  xz: compressXz,
  zstd: (block) => zstdCompressSync(block),
  gzip: (block) => gzipSync(block),
  none: (block) => block,
};

function compressXz(block: Buffer): Buffer {
  const { stdout, error, status } = spawnSync("xz", ["-c"], { input: block, maxBuffer: 2 * BLOCK_BYTES });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`'xz' ended with status ${status}`);
  return stdout;
}

export interface NarFile {
  /** Relative to the cache's folder. */
  readonly url: string;
  /** `sha256:<base32>` of the file. */
  readonly fileHash: string;
  readonly fileSizeBytes: number;
  /** `sha256:<base16>` of the NAR inside. */
  readonly narHash: string;
  readonly narSizeBytes: number;
}

/** Collects bytes into blocks of one size. */
class BlockSplitter {
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES);
  readonly #onBlock: (block: Buffer) => void;
  #used = 0;

  constructor(onBlock: (block: Buffer) => void) {
    this.#onBlock = onBlock;
  }

  write(chunk: Uint8Array): void {
    for (let offset = 0; offset < chunk.length; ) {
      const part = chunk.subarray(offset, offset + BLOCK_BYTES - this.#used);
      this.#block.set(part, this.#used);
      this.#used += part.length;
      offset += part.length;
      if (this.#used === BLOCK_BYTES) this.flush();
    }
  }

  flush(): void {
    if (this.#used > 0) this.#onBlock(this.#block.subarray(0, this.#used));
    this.#used = 0;
  }
}

/**
 * Writes `<folder>/nar/<hash of the file>.nar<suffix>`.
 * @param physical the tree
 * @param temporaryName not used by anybody else at the same time
 */
export function writeNarFile(
  folder: string,
  physical: string,
  options: { readonly compression: NarCompression; readonly temporaryName: string },
): NarFile {
  const temporary = `${folder}/nar/${options.temporaryName}`;
  mkdirSync(dirname(temporary), { recursive: true });
  const fileHasher = new StreamHasher("sha256");
  const fd = openSync(temporary, "w");
  try {
    const splitter = new BlockSplitter((block) => {
      const bytes = COMPRESS[options.compression](block);
      fileHasher.update(bytes);
      writeAll(fd, bytes);
    });
    const nar = hashTree(physical, null, (chunk) => splitter.write(chunk));
    splitter.flush();
    const fileHash = fileHasher.finish();
    const url = `nar/${formatDigest(fileHash, "base32")}.nar${SUFFIX[options.compression]}`;
    renameSync(temporary, fsPath(`${folder}/${url}`));
    const { narHash, narSizeBytes } = nar;
    return {
      url,
      fileHash: formatHash(fileHash, "base32"),
      fileSizeBytes: fileHasher.sizeBytes,
      narHash,
      narSizeBytes,
    };
  } finally {
    closeSync(fd);
    rmSync(temporary, { force: true });
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length; ) offset += writeSync(fd, bytes, offset);
}
