/** The local store: see `store-interface.ts` for the contract, and the files beside this one for how. */
import type { Derivation } from "../formats/derivation-type.ts";
import { HASH_PART_LENGTH } from "../formats/store-path.ts";
import { AppError } from "../std/app-error.ts";
import { BatchWriter } from "./add-batch.ts";
import { addPath } from "./add-path.ts";
import { addDerivation, addText } from "./add-text.ts";
import { computeClosure } from "./closure.ts";
import { collectGarbage } from "./garbage.ts";
import { importContents } from "./import-contents.ts";
import { importNar } from "./nar-import.ts";
import { optimiseStore } from "./optimise.ts";
import { PathDatabase } from "./path-database.ts";
import { readDerivation, registerPaths } from "./register.ts";
import { addIndirectRoot, findRoots, registerIndirectRoot } from "./roots.ts";
import { findRuntimeRoots } from "./runtime-roots.ts";
import { physicalPath, type StoreContext } from "./store-context.ts";
import { withStoreErrors } from "./store-errors.ts";
import type {
  Addition,
  AddPathOptions,
  ContentImport,
  GarbageOptions,
  GarbageResult,
  ImportContentsOptions,
  LocalStore,
  NarImport,
  NewPathInfo,
  OptimiseResult,
  PathInfo,
} from "./store-interface.ts";
import { createLayout, markSchema, type StoreLayout, storeLayout } from "./store-layout.ts";
import { readTempRoots, TempRoots } from "./temp-roots.ts";
import { findDamaged, verifyStore } from "./verify.ts";

export interface OpenStoreOptions {
  /** Physical root; the store is `<root>/nix/store`, its state `<root>/nix/var/nix`. Made when it is not there. */
  readonly root: string;
}

/**
 * Opens the store under a root, making it when there is none. Cheap (about 2 ms). One a thread; close it, so that its
 * temporary roots go.
 * @throws AppError `STORE_BAD_ROOT`, `STORE_BAD_SCHEMA`, `STORE_DISK_FULL`, `STORE_READ_ONLY`, `STORE_DATABASE_CORRUPT`
 */
export function openLocalStore(options: OpenStoreOptions): LocalStore {
  const layout = storeLayout(options.root);
  return withStoreErrors(layout.root, () => {
    createLayout(layout);
    const database = new PathDatabase(layout.databasePath);
    database.createTables();
    markSchema(layout);
    return new NodeLocalStore({ layout, database, tempRoots: new TempRoots(layout) });
  });
}

class NodeLocalStore implements LocalStore {
  readonly root: string;
  readonly storeDir: string;
  readonly #context: StoreContext;
  readonly #layout: StoreLayout;
  readonly #database: PathDatabase;
  readonly #batchWriter: BatchWriter;
  #isClosed = false;

  constructor(context: StoreContext) {
    this.#context = context;
    this.#layout = context.layout;
    this.#database = context.database;
    this.#batchWriter = new BatchWriter(context);
    this.root = context.layout.root;
    this.storeDir = context.layout.storeDir;
  }

  #guard<T>(action: () => T): T {
    return withStoreErrors(this.root, action);
  }

  physicalPath(logicalPath: string): string {
    return physicalPath(this.#layout, logicalPath);
  }

  isValidPath(path: string): boolean {
    return this.#guard(() => this.#database.idOf(path) !== null);
  }

  queryPathInfo(path: string): PathInfo | null {
    return this.#guard(() => this.#database.pathInfo(path));
  }

  queryReferrers(path: string): string[] {
    return this.#guard(() => this.#database.referrers(path));
  }

  queryDerivationOutputs(drvPath: string): Map<string, string> {
    return this.#guard(() => this.#database.derivationOutputs(drvPath));
  }

  queryValidDerivers(path: string): string[] {
    return this.#guard(() => this.#database.validDerivers(path));
  }

  queryPathFromHashPart(hashPart: string): string | null {
    const prefix = `${this.storeDir}/${hashPart}-`;
    if (hashPart.length !== HASH_PART_LENGTH) return null;
    const path = this.#guard(() => this.#database.firstPathFrom(prefix));
    return path?.startsWith(prefix) === true ? path : null;
  }

  allValidPaths(): string[] {
    return this.#guard(() => this.#database.allPaths());
  }

  computeClosure(paths: Iterable<string>): string[] {
    return this.#guard(() => computeClosure(this.#database, paths));
  }

  addText(name: string, contents: string, references: readonly string[]): string {
    return this.#guard(() => addText(this.#context, name, contents, references));
  }

  addAll(additions: readonly Addition[]): void {
    this.#guard(() => this.#batchWriter.add(additions));
  }

  addPath(name: string, physicalSource: string, options: AddPathOptions = {}): string {
    return this.#guard(() => addPath(this.#context, name, physicalSource, options));
  }

  addDerivation(name: string, derivation: Derivation): string {
    return this.#guard(() => addDerivation(this.#context, name, derivation));
  }

  readDerivation(drvPath: string): Derivation {
    return readDerivation(this.#context, drvPath);
  }

  importNar(info: NewPathInfo): NarImport {
    const inner = this.#guard(() => importNar(this.#context, info));
    return {
      write: (chunk) => this.#guard(() => inner.write(chunk)),
      commit: () => this.#guard(() => inner.commit()),
      close: () => inner.close(),
    };
  }

  importContents(name: string, options: ImportContentsOptions): ContentImport {
    const inner = this.#guard(() => importContents(this.#context, name, options));
    return {
      write: (chunk) => this.#guard(() => inner.write(chunk)),
      commit: () => this.#guard(() => inner.commit()),
      close: () => inner.close(),
    };
  }

  addSignatures(path: string, signatures: readonly string[]): void {
    this.#guard(() =>
      this.#database.transaction(() => {
        const info = this.#database.pathInfo(path);
        if (info === null) throw new AppError("STORE_INVALID_PATH", `Path '${path}' is not valid`);
        this.#database.setSignatures(path, [...new Set([...info.signatures, ...signatures])].sort());
      }),
    );
  }

  registerPaths(infos: readonly NewPathInfo[]): void {
    this.#guard(() => registerPaths(this.#context, infos));
  }

  addTempRoot(path: string): void {
    this.#guard(() => this.#context.tempRoots.add(path));
  }

  addIndirectRoot(linkPath: string, storePath: string): string {
    return this.#guard(() => addIndirectRoot(this.#context, linkPath, storePath));
  }

  registerIndirectRoot(linkPath: string): void {
    this.#guard(() => registerIndirectRoot(this.#context, linkPath));
  }

  findRoots(): Map<string, string> {
    return this.#guard(() => {
      const transient = [...findRuntimeRoots(this.storeDir), ...tempRootEntries(this.#layout)];
      const valid = transient.filter(([, path]) => this.#database.idOf(path) !== null);
      return new Map([...findRoots(this.#context), ...valid]);
    });
  }

  collectGarbage(options: GarbageOptions = {}): GarbageResult {
    return this.#guard(() => collectGarbage(this.#context, options));
  }

  optimise(paths: Iterable<string> = this.allValidPaths()): OptimiseResult {
    return this.#guard(() => optimiseStore(this.#context, paths));
  }

  verify(options: { readonly checkContents?: boolean } = {}): string[] {
    return this.#guard(() => verifyStore(this.#context, options.checkContents === true));
  }

  findDamaged(options: { readonly checkContents?: boolean; readonly paths?: readonly string[] } = {}): string[] {
    return this.#guard(() => {
      const paths = options.paths ?? this.allValidPaths();
      const damaged = new Set(findDamaged(this.#context, paths, options.checkContents === true));
      return this.computeClosure(damaged).filter((path) => damaged.has(path));
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#context.tempRoots.close();
    this.#database.close();
  }
}

/** One entry a root, though a file holds many. */
function tempRootEntries(layout: StoreLayout): [string, string][] {
  return [...readTempRoots(layout)].map(([path, file]) => [`${file}:${path}`, path]);
}
