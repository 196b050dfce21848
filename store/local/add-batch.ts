/**
 * Adds many finished things in one transaction: what an evaluation has made since the last batch. One thread evaluates and
 * computes paths, another writes; so a batch names its paths, and what is new is held against its name here.
 *
 * The rules are those of single additions (`publish.ts`): temporary roots first, then the question what is valid, and the
 * files of all that is not under the write lock together with their rows. A kill or a full disk in between leaves files
 * without rows, which the next addition or collection clears away, and nothing of the batch valid.
 */
import { closeSync, fchmodSync, futimesSync, lstatSync, openSync, renameSync, writeFileSync } from "node:fs";
import { formatDigest, formatHash, hashBytes, hashHex } from "../formats/hash.ts";
import { NAR_CLOSE, NAR_HEADER, NAR_REGULAR, narString } from "../formats/nar-tokens.ts";
import { HASH_PART_LENGTH, makeFixedOutputPath, makeTextPathFromHash } from "../formats/store-path.ts";
import { AppError } from "../std/app-error.ts";
import { bytesOf, fsPath } from "../std/byte-string.ts";
import { fixedCa } from "./add-path.ts";
import { CANONICAL_TIME_S } from "./canonical.ts";
import { deleteTree } from "./delete-tree.ts";
import { invalidReference } from "./register.ts";
import { StagedTree } from "./staged-tree.ts";
import { physicalPath, type StoreContext, unusedPath } from "./store-context.ts";
import type { Addition, NewPathInfo, TextAddition, TreeAddition } from "./store-interface.ts";

/** An addition that is not valid yet, ready to be moved or written to its place. */
interface Prepared {
  readonly info: NewPathInfo;
  readonly outputs: ReadonlyMap<string, string> | null;
  readonly place: (physical: string) => void;
  readonly discard: () => void;
}

/** One for an open store; it remembers the rows of what it added, which our temporary roots keep where they are. */
export class BatchWriter {
  readonly #context: StoreContext;
  readonly #ids = new Map<string, number>();

  constructor(context: StoreContext) {
    this.#context = context;
  }

  add(additions: readonly Addition[]): void {
    this.#context.tempRoots.addAll(additions.map(({ path }) => path));
    const prepared: Prepared[] = [];
    const leftovers: string[] = [];
    try {
      for (const addition of additions) if (!this.#isValid(addition.path)) prepared.push(this.#prepare(addition));
      if (prepared.length > 0) this.#context.database.transaction(() => this.#publish(prepared, leftovers));
    } catch (error) {
      // Rows that were rolled back have numbers that others will get.
      this.#ids.clear();
      throw error;
    } finally {
      for (const { discard } of prepared) discard();
    }
    for (const leftover of leftovers) deleteTree(leftover);
  }

  /** Of a path that is a temporary root of ours: once there it stays. */
  #isValid(path: string): boolean {
    if (this.#ids.has(path)) return true;
    const id = this.#context.database.idOf(path);
    if (id !== null) this.#ids.set(path, id);
    return id !== null;
  }

  #prepare(addition: Addition): Prepared {
    return addition.type === "text" ? prepareText(this.#context, addition) : prepareTree(this.#context, addition);
  }

  #publish(prepared: readonly Prepared[], leftovers: string[]): void {
    const { database, layout } = this.#context;
    const nowS = Math.floor(Date.now() / 1000);
    for (const { info, outputs, place } of prepared) {
      // Another process may have been faster, or a batch names a path twice.
      if (this.#isValid(info.path)) continue;
      const physical = physicalPath(layout, info.path);
      if (lstatSync(fsPath(physical), { throwIfNoEntry: false }) !== undefined)
        leftovers.push(this.#moveAside(physical));
      place(physical);
      const id = database.insertPath(info, nowS);
      this.#ids.set(info.path, id);
      for (const reference of info.references) database.addReference(id, this.#referenceId(info.path, reference));
      for (const [name, path] of outputs ?? []) if (path !== "") database.addDerivationOutput(id, name, path);
    }
  }

  /** What stands there without a row was left by a killed process. */
  #moveAside(physical: string): string {
    const aside = physicalPath(this.#context.layout, unusedPath(this.#context.layout));
    renameSync(fsPath(physical), fsPath(aside));
    return aside;
  }

  #referenceId(referrer: string, reference: string): number {
    const id = this.#ids.get(reference) ?? this.#context.database.idOf(reference);
    if (id === null) throw invalidReference(referrer, reference);
    return id;
  }
}

function prepareText(context: StoreContext, { path, contents, references, outputs }: TextAddition): Prepared {
  const bytes = bytesOf(contents);
  const hash = hashBytes("sha256", bytes);
  const { storeDir } = context.layout;
  checkPath(path, makeTextPathFromHash(nameOf(context, path), formatDigest(hash, "base16"), references, storeDir));
  const nar = Buffer.concat([NAR_HEADER, NAR_REGULAR, narString(contents), NAR_CLOSE]);
  return {
    info: {
      path,
      narHash: `sha256:${hashHex("sha256", nar)}`,
      narSizeBytes: nar.length,
      references,
      ca: `text:${formatHash(hash, "base32")}`,
    },
    outputs,
    place: (physical) => writeCanonicalFile(physical, bytes),
    discard: () => {},
  };
}

function prepareTree(context: StoreContext, { path, nar }: TreeAddition): Prepared {
  const hash = hashBytes("sha256", nar);
  const { storeDir } = context.layout;
  checkPath(path, makeFixedOutputPath(nameOf(context, path), "recursive", hash, { storeDir }));
  const staged = new StagedTree(context);
  try {
    staged.write(nar);
    staged.finish();
  } catch (error) {
    staged.discard();
    throw error;
  }
  return {
    info: {
      path,
      narHash: formatHash(hash, "base16"),
      narSizeBytes: nar.length,
      references: [],
      ca: fixedCa("recursive", hash),
    },
    outputs: null,
    place: (physical) => staged.moveTo(physical),
    discard: () => staged.discard(),
  };
}

function nameOf({ layout }: StoreContext, path: string): string {
  return path.slice(layout.storeDir.length + HASH_PART_LENGTH + 2);
}

function checkPath(named: string, computed: string): void {
  if (named === computed) return;
  throw new AppError("STORE_HASH_MISMATCH", `Refusing to add '${named}': its contents belong at '${computed}'`);
}

/** A new read-only file, time 1. */
export function writeCanonicalFile(path: string, contents: Uint8Array): void {
  const fd = openSync(fsPath(path), "wx", 0o444);
  try {
    writeFileSync(fd, contents);
    fchmodSync(fd, 0o444);
    futimesSync(fd, CANONICAL_TIME_S, CANONICAL_TIME_S);
  } finally {
    closeSync(fd);
  }
}
