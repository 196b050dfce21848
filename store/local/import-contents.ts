/**
 * Adds a path from bytes that come in pieces and say by their hash what its name is: a file's bytes or a NAR. The path is
 * known at the end, so everything is staged.
 */
import { closeSync, openSync, renameSync, writeSync } from "node:fs";
import { formatHash, StreamHasher } from "../formats/hash.ts";
import { hashTree } from "../formats/nar-writer.ts";
import { checkStoreName, makeFixedOutputPath } from "../formats/store-path.ts";
import { fsPath } from "../std/byte-string.ts";
import { fixedCa } from "./add-path.ts";
import { canonicalizeTree } from "./canonical.ts";
import { deleteTree } from "./delete-tree.ts";
import { publish } from "./publish.ts";
import { StagedTree } from "./staged-tree.ts";
import { type StoreContext, stagingPath } from "./store-context.ts";
import type { ContentImport, ImportContentsOptions } from "./store-interface.ts";

export function importContents(context: StoreContext, name: string, options: ImportContentsOptions): ContentImport {
  checkStoreName(name);
  const staged = options.method === "recursive" ? new StagedNar(context) : new StagedFile(context);
  const hasher = new StreamHasher(options.hashAlgorithm);
  return {
    write(chunk) {
      hasher.update(chunk);
      staged.write(chunk);
    },
    commit() {
      const hash = hasher.finish();
      const { method, references } = options;
      const path = makeFixedOutputPath(name, method, hash, { references, storeDir: context.layout.storeDir });
      context.tempRoots.add(path);
      if (context.database.idOf(path) !== null) return path;
      const { narHash, narSizeBytes } = staged.finish();
      const info = { path, narHash, narSizeBytes, references, ca: fixedCa(method, hash) };
      publish(context, info, (physical) => staged.moveTo(physical));
      return path;
    },
    close: () => staged.discard(),
  };
}

interface Staged {
  write(chunk: Uint8Array): void;
  finish(): { readonly narHash: string; readonly narSizeBytes: number };
  moveTo(physical: string): void;
  discard(): void;
}

class StagedNar implements Staged {
  readonly #tree: StagedTree;
  readonly #hasher = new StreamHasher("sha256");

  constructor(context: StoreContext) {
    this.#tree = new StagedTree(context);
  }

  write(chunk: Uint8Array): void {
    this.#hasher.update(chunk);
    this.#tree.write(chunk);
  }

  finish(): { narHash: string; narSizeBytes: number } {
    this.#tree.finish();
    return { narHash: formatHash(this.#hasher.finish(), "base16"), narSizeBytes: this.#hasher.sizeBytes };
  }

  moveTo(physical: string): void {
    this.#tree.moveTo(physical);
  }

  discard(): void {
    this.#tree.discard();
  }
}

/** A NAR starts with the file's length, which is not known before the end: so the file is read again for its NAR hash. */
class StagedFile implements Staged {
  readonly #path: string;
  #fd: number;

  constructor(context: StoreContext) {
    this.#path = stagingPath(context);
    this.#fd = openSync(fsPath(this.#path), "wx", 0o644);
  }

  write(chunk: Uint8Array): void {
    for (let offset = 0; offset < chunk.length; ) offset += writeSync(this.#fd, chunk, offset);
  }

  finish(): { narHash: string; narSizeBytes: number } {
    this.#closeFile();
    canonicalizeTree(this.#path);
    return hashTree(this.#path);
  }

  moveTo(physical: string): void {
    renameSync(fsPath(this.#path), fsPath(physical));
  }

  discard(): void {
    this.#closeFile();
    deleteTree(this.#path);
  }

  #closeFile(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }
}
