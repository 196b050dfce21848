/** Adds a file or tree of the file system, addressed by its contents, in one pass over it. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { formatHash, type Hash, StreamHasher } from "../formats/hash.ts";
import { type NarHandler, NarReader } from "../formats/nar-reader.ts";
import { NAR_CLOSE, NAR_HEADER, NAR_REGULAR, NAR_ZEROS, padded } from "../formats/nar-tokens.ts";
import { type ByteSink, writeNar } from "../formats/nar-writer.ts";
import { type FileIngestion, makeFixedOutputPath } from "../formats/store-path.ts";
import { AppError } from "../std/app-error.ts";
import { fsPath } from "../std/byte-string.ts";
import { publish } from "./publish.ts";
import { StagedTree } from "./staged-tree.ts";
import type { StoreContext } from "./store-context.ts";
import type { AddPathOptions } from "./store-interface.ts";

/** Returns the path of the source; writes nothing when it is valid or `dryRun` is set. */
export function addPath(context: StoreContext, name: string, source: string, options: AddPathOptions): string {
  const method = options.method ?? "recursive";
  const staged = options.dryRun === true ? null : new StagedTree(context);
  try {
    const digest = digestSource(source, options, (chunk) => staged?.write(chunk));
    const path = makeFixedOutputPath(name, method, digest.hash, { storeDir: context.layout.storeDir });
    if (staged === null) return path;
    context.tempRoots.add(path);
    if (context.database.idOf(path) !== null) return path;
    staged.finish();
    const { narHash, narSizeBytes } = digest;
    const info = { path, narHash, narSizeBytes, references: [], ca: fixedCa(method, digest.hash) };
    publish(context, info, (physical) => staged.moveTo(physical));
    return path;
  } finally {
    staged?.discard();
  }
}

/** The `ca` field of a path addressed by its contents. */
export function fixedCa(method: FileIngestion, hash: Hash): string {
  return `fixed:${method === "recursive" ? "r:" : ""}${formatHash(hash, "base32")}`;
}

interface SourceDigest {
  readonly hash: Hash;
  readonly narHash: string;
  readonly narSizeBytes: number;
}

function digestSource(source: string, options: AddPathOptions, sink: ByteSink): SourceDigest {
  const algorithm = options.hashAlgorithm ?? "sha256";
  const narHasher = new StreamHasher("sha256");
  const isFlat = options.method === "flat";
  const ownHasher = !isFlat && algorithm === "sha256" ? null : new StreamHasher(algorithm);
  const contents = isFlat && ownHasher !== null ? new NarReader(contentsHandler(ownHasher)) : null;
  const tee: ByteSink = (chunk) => {
    narHasher.update(chunk);
    if (contents !== null) contents.write(chunk);
    else ownHasher?.update(chunk);
    sink(chunk);
  };
  if (isFlat) writeFileNar(source, tee);
  else writeNar(source, tee, options.filter ?? null);
  const narDigest = narHasher.finish();
  const hash = ownHasher === null ? narDigest : ownHasher.finish();
  return { hash, narHash: formatHash(narDigest, "base16"), narSizeBytes: narHasher.sizeBytes };
}

function contentsHandler(hasher: StreamHasher): NarHandler {
  return {
    startDirectory() {},
    endDirectory() {},
    startFile() {},
    fileData: (chunk) => hasher.update(chunk),
    endFile() {},
    symlink() {},
  };
}

/** The NAR of a file's bytes alone: symlinks followed, never executable. */
function writeFileNar(source: string, sink: ByteSink): void {
  const fd = openSync(fsPath(source), "r");
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) {
      throw new AppError("STORE_BAD_FILE_TYPE", `Cannot add '${source}' by its bytes: it is not a file`);
    }
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(stat.size));
    sink(Buffer.concat([NAR_HEADER, NAR_REGULAR, length]));
    copyBytes(fd, stat.size, source, sink);
    sink(Buffer.concat([NAR_ZEROS.subarray(0, padded(stat.size) - stat.size), NAR_CLOSE]));
  } finally {
    closeSync(fd);
  }
}

function copyBytes(fd: number, sizeBytes: number, source: string, sink: ByteSink): void {
  const buffer = Buffer.allocUnsafe(256 * 1024);
  for (let left = sizeBytes; left > 0; ) {
    const count = readSync(fd, buffer, 0, Math.min(left, buffer.length), null);
    if (count === 0) throw new AppError("STORE_FILE_CHANGED", `File '${source}' became shorter while it was read`);
    sink(buffer.subarray(0, count));
    left -= count;
  }
}
