/**
 * The NAR of a tree as a stream that its reader paces: what `writeNar` pushes into a sink at once, in pieces of about
 * 256 KiB, so that a slow client holds neither memory nor the event loop.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync } from "node:fs";
import {
  NAR_CLOSE,
  NAR_DIRECTORY,
  NAR_ENTRY,
  NAR_EXECUTABLE,
  NAR_HEADER,
  NAR_NODE,
  NAR_REGULAR,
  NAR_SYMLINK,
  NAR_ZEROS,
  narString,
  padded,
} from "../formats/nar-tokens.ts";
import { listTree, type TreeFileType } from "../formats/nar-writer.ts";
import { AppError } from "../std/app-error.ts";
import { fsPath } from "../std/byte-string.ts";

const PIECE_BYTES = 256 * 1024;

/** @param path physical, byte string */
export async function* narOfTree(path: string): AsyncGenerator<Uint8Array, void, void> {
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;
  for (const part of narParts(path)) {
    gathered.push(part);
    gatheredBytes += part.length;
    if (gatheredBytes < PIECE_BYTES) continue;
    yield Buffer.concat(gathered);
    gathered = [];
    gatheredBytes = 0;
  }
  yield Buffer.concat(gathered);
}

function* narParts(path: string): Generator<Uint8Array, void, void> {
  yield NAR_HEADER;
  yield* nodeParts(path, typeOf(path));
}

function typeOf(path: string): TreeFileType {
  const stat = lstatSync(fsPath(path));
  if (stat.isFile()) return "regular";
  if (stat.isDirectory()) return "directory";
  return stat.isSymbolicLink() ? "symlink" : "unknown";
}

function* nodeParts(path: string, type: TreeFileType): Generator<Uint8Array, void, void> {
  if (type === "regular") yield* fileParts(path);
  else if (type === "directory") yield* folderParts(path);
  else if (type === "symlink") yield* [NAR_SYMLINK, narString(readlinkSync(fsPath(path), "latin1"))];
  else throw new AppError("STORE_BAD_FILE_TYPE", `File '${path}' is neither a file, a folder nor a symlink`);
  yield NAR_CLOSE;
}

function* folderParts(path: string): Generator<Uint8Array, void, void> {
  yield NAR_DIRECTORY;
  for (const { name, type } of listTree(path)) {
    yield* [NAR_ENTRY, narString(name), NAR_NODE];
    yield* nodeParts(`${path}/${name}`, type);
    yield NAR_CLOSE;
  }
}

function* fileParts(path: string): Generator<Uint8Array, void, void> {
  const fd = openSync(fsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { mode, size } = fstatSync(fd);
    yield (mode & 0o100) !== 0 ? NAR_EXECUTABLE : NAR_REGULAR;
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(size));
    yield length;
    for (let left = size; left > 0; ) {
      const piece = Buffer.allocUnsafe(Math.min(left, PIECE_BYTES));
      const count = readSync(fd, piece, 0, piece.length, null);
      if (count === 0) throw new AppError("STORE_FILE_CHANGED", `File '${path}' became shorter while it was read`);
      yield piece.subarray(0, count);
      left -= count;
    }
    yield NAR_ZEROS.subarray(0, padded(size) - size);
  } finally {
    closeSync(fd);
  }
}
