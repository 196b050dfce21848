/**
 * The stream of `nix-store --export`: for each path a one, its NAR, a magic number, the path, its references, its deriver
 * and a zero; a zero at the end. References come before what refers to them, so a reader registers as it goes. What a path
 * is called comes behind its NAR: small NARs wait in memory until then, large ones in a file.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WireReader, WireWriter } from "../daemon/wire.ts";
import { formatHash, StreamHasher } from "../formats/hash.ts";
import { type NarHandler, NarReader } from "../formats/nar-reader.ts";
import { type ByteSink, hashTree } from "../formats/nar-writer.ts";
import { isStorePath } from "../formats/store-path.ts";
import type { LocalStore, NewPathInfo } from "../local/store-interface.ts";
import { AppError } from "../std/app-error.ts";

const EXPORT_MAGIC = 0x4558494e;
const READ_BYTES = 64 * 1024;
const MAX_MEMORY_BYTES = 16 * 1024 * 1024;

/**
 * @param paths in the order they are written
 * @throws AppError `STORE_INVALID_PATH`, `STORE_PATH_MODIFIED` when one is no longer what was registered
 */
export function exportPaths(store: LocalStore, paths: readonly string[], sink: ByteSink): void {
  for (const path of paths) {
    store.addTempRoot(path);
    const info = store.queryPathInfo(path);
    if (info === null) throw new AppError("STORE_INVALID_PATH", `Path '${path}' is not valid`);
    sink(new WireWriter().number(1).take());
    const { narHash } = hashTree(store.physicalPath(path), null, sink);
    if (narHash !== info.narHash) {
      throw new AppError("STORE_PATH_MODIFIED", `Path '${path}' has other contents than were registered`, {
        hint: "'nix-store --repair-path' may bring it back",
      });
    }
    const writer = new WireWriter().number(EXPORT_MAGIC).string(path).strings(info.references);
    sink(
      writer
        .string(info.deriver ?? "")
        .number(0)
        .take(),
    );
  }
  sink(new WireWriter().number(0).take());
}

/**
 * Adds what an export holds; believes it, as whoever may write to the store may. Returns the paths.
 * @throws AppError `STORE_BAD_EXPORT`, `STORE_BAD_NAR`, `STORE_INVALID_REFERENCE`
 */
export async function importPaths(store: LocalStore, bytes: AsyncIterable<Uint8Array>): Promise<string[]> {
  const source = bytes[Symbol.asyncIterator]();
  let pushedBack: Uint8Array | null = null;
  const next = async (): Promise<Uint8Array | null> => {
    const held = pushedBack;
    pushedBack = null;
    if (held !== null) return held;
    const { done, value } = await source.next();
    return done === true ? null : value;
  };
  const paths: string[] = [];
  // A reader for each path: its budget for strings is for one.
  for (;;) {
    const mark = await numberFrom(next, (rest) => {
      pushedBack = rest;
    });
    if (mark === 0) return paths;
    if (mark !== 1) throw badExport("it does not start with a number of 0 or 1");
    using nar = new Spool();
    const reader = new NarReader(ignoreTree);
    while (!reader.isDone) {
      const chunk = await next();
      if (chunk === null) throw badExport("it ends in the middle of a NAR");
      const leftBytes = reader.writePart(chunk);
      nar.write(chunk.subarray(0, chunk.length - leftBytes));
      if (leftBytes > 0) pushedBack = chunk.subarray(chunk.length - leftBytes);
    }
    const wire = new WireReader(next);
    const info = await readInfo(wire, store.storeDir);
    pushedBack = await wire.some(Number.POSITIVE_INFINITY);
    addFrom(store, { ...info, ...nar.digest() }, nar);
    paths.push(info.path);
  }
}

async function numberFrom(
  next: () => Promise<Uint8Array | null>,
  giveBack: (rest: Uint8Array | null) => void,
): Promise<number> {
  const wire = new WireReader(next);
  const number = await wire.number();
  // Nothing may come behind the last zero, and standard input may stay open.
  if (number !== 0) giveBack(await wire.some(Number.POSITIVE_INFINITY));
  return number;
}

async function readInfo(
  wire: WireReader,
  storeDir: string,
): Promise<Pick<NewPathInfo, "path" | "references" | "deriver">> {
  if ((await wire.number()) !== EXPORT_MAGIC) throw badExport("no magic number follows a NAR");
  const path = await wire.string();
  const references = await wire.strings();
  const deriver = await wire.string();
  for (const name of [path, ...references]) {
    if (!isStorePath(name, storeDir)) throw badExport(`'${name}' is no store path`);
  }
  // A signature of old, which nobody looks at.
  if ((await wire.number()) === 1) await wire.string();
  return { path, references: references.toSorted(), deriver: deriver === "" ? null : deriver };
}

function badExport(why: string): AppError {
  return new AppError("STORE_BAD_EXPORT", `Cannot read export: ${why}`);
}

function addFrom(store: LocalStore, info: NewPathInfo, nar: Spool): void {
  store.addTempRoot(info.path);
  if (store.isValidPath(info.path)) return;
  const added = store.importNar(info);
  try {
    nar.read((chunk) => added.write(chunk));
    added.commit();
  } finally {
    added.close();
  }
}

const ignoreTree: NarHandler = {
  startDirectory() {},
  endDirectory() {},
  startFile() {},
  fileData() {},
  endFile() {},
  symlink() {},
};

/** Bytes that are read again from their start. */
class Spool implements Disposable {
  readonly #hasher = new StreamHasher("sha256");
  #held: Buffer[] = [];
  #heldBytes = 0;
  #fd: number | null = null;

  write(chunk: Uint8Array): void {
    this.#hasher.update(chunk);
    this.#held.push(Buffer.from(chunk));
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > MAX_MEMORY_BYTES) this.#spill();
  }

  #spill(): void {
    this.#fd ??= openUnnamed();
    for (const chunk of this.#held) for (let done = 0; done < chunk.length; ) done += writeSync(this.#fd, chunk, done);
    this.#held = [];
    this.#heldBytes = 0;
  }

  digest(): Pick<NewPathInfo, "narHash" | "narSizeBytes"> {
    return { narHash: formatHash(this.#hasher.finish(), "base16"), narSizeBytes: this.#hasher.sizeBytes };
  }

  read(sink: ByteSink): void {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    for (let position = 0, count = 1; this.#fd !== null && count > 0; position += count) {
      count = readSync(this.#fd, buffer, 0, buffer.length, position);
      sink(buffer.subarray(0, count));
    }
    for (const chunk of this.#held) sink(chunk);
  }

  [Symbol.dispose](): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }
}

/** A file that is gone with its descriptor. */
function openUnnamed(): number {
  const folder = mkdtempSync(join(tmpdir(), "firn-import-"));
  const path = join(folder, "nar");
  const fd = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  rmSync(folder, { recursive: true });
  return fd;
}
