import type { Derivation } from "../formats/derivation-type.ts";

/** What the store knows of a valid path; as Nix's `ValidPaths` row. Text is byte strings. */
export interface PathInfo {
  readonly path: string;
  /** `sha256:<base16>` of the path's NAR. */
  readonly narHash: string;
  readonly narSizeBytes: number;
  /** Sorted; a self reference is included. */
  readonly references: readonly string[];
  readonly deriver: string | null;
  readonly registrationTimeS: number;
  /** `text:sha256:..`, `fixed:sha256:..`, `fixed:r:sha256:..`, or null when input-addressed. */
  readonly ca: string | null;
  readonly signatures: readonly string[];
  /** Built here, hence trusted without a signature. */
  readonly ultimate: boolean;
}

/** A path as it is to be registered. */
export type NewPathInfo = Pick<PathInfo, "path" | "narHash" | "narSizeBytes" | "references"> &
  Partial<Pick<PathInfo, "deriver" | "ca" | "signatures" | "ultimate">>;

export interface AddPathOptions {
  /** NAR hash (`recursive`, default) or hash of the file's bytes (`flat`). */
  readonly method?: "flat" | "recursive";
  /** sha256 unless told. */
  readonly hashAlgorithm?: "md5" | "sha1" | "sha256" | "sha512";
  /** Called with the physical path and its type; false leaves it out. Not asked about the top itself. */
  readonly filter?: (physicalPath: string, type: "regular" | "directory" | "symlink" | "unknown") => boolean;
  /** Only compute the path; write nothing. */
  readonly dryRun?: boolean;
}

/** Something finished to add, with the path it belongs at; see {@link LocalStore.addAll}. */
export type Addition = TextAddition | TreeAddition;

/** As `addText` and `addDerivation` add it. */
export interface TextAddition {
  readonly type: "text";
  readonly path: string;
  /** Byte string. */
  readonly contents: string;
  /** Sorted, distinct. */
  readonly references: readonly string[];
  /** Of a derivation: output name -> path, empty when it is not known before the build. */
  readonly outputs: ReadonlyMap<string, string> | null;
}

/** As `addPath` adds it, method `recursive`. */
export interface TreeAddition {
  readonly type: "tree";
  readonly path: string;
  readonly nar: Uint8Array;
}

/** A path that comes as a NAR, in pieces. Call {@link close} in any case, also after a success. */
export interface NarImport {
  /** @throws AppError `STORE_BAD_NAR`, `STORE_HASH_MISMATCH` as soon as either is certain */
  write(chunk: Uint8Array): void;
  /** Checks hash and size, then makes the path valid. False when it was valid already. */
  commit(): boolean;
  /** Deletes what was not committed. */
  close(): void;
}

/** A path that is made of the bytes that come. Call {@link close} in any case, also after a success. */
export interface ContentImport {
  write(chunk: Uint8Array): void;
  /** Makes the path valid and returns it. */
  commit(): string;
  /** Deletes what was not committed. */
  close(): void;
}

/** How bytes become a path; only a recursive sha256 hash can have references. */
export interface ImportContentsOptions {
  readonly method: "flat" | "recursive";
  readonly hashAlgorithm: "md5" | "sha1" | "sha256" | "sha512";
  readonly references: readonly string[];
}

/**
 * The local store: a folder laid out and registered exactly as Nix does it. Queries and additions are synchronous
 * (SQLite and the evaluator both are); several processes and workers may open the same root.
 */
export interface LocalStore {
  /** Physical root; the store itself is `<root>/nix/store`. */
  readonly root: string;
  /** Logical store folder, `/nix/store`. */
  readonly storeDir: string;
  /** `/nix/store/x` -> `<root>/nix/store/x`; anything else unchanged. */
  physicalPath(logicalPath: string): string;

  isValidPath(path: string): boolean;
  queryPathInfo(path: string): PathInfo | null;
  queryReferrers(path: string): string[];
  queryDerivationOutputs(drvPath: string): Map<string, string>;
  queryValidDerivers(path: string): string[];
  /** The path whose hash part this is, or null. */
  queryPathFromHashPart(hashPart: string): string | null;
  allValidPaths(): string[];
  /** References, transitively, the paths themselves included; sorted so that references come first. */
  computeClosure(paths: Iterable<string>): string[];

  addText(name: string, contents: string, references: readonly string[]): string;
  /**
   * Adds what is not valid yet, in order and in one transaction: all of it is valid afterwards, or nothing new.
   * @throws AppError `STORE_HASH_MISMATCH` when contents do not belong at their path, `STORE_INVALID_REFERENCE`
   */
  addAll(additions: readonly Addition[]): void;
  /** Errors of the file system about the source (`ENOENT`, `EACCES`) are thrown as they are. */
  addPath(name: string, physicalSource: string, options?: AddPathOptions): string;
  /** Writes `<name>.drv` with its references and registers it; returns its path. No-op when valid. */
  addDerivation(name: string, derivation: Derivation): string;
  /** @throws AppError `STORE_INVALID_PATH` when it is not there, `STORE_BAD_DERIVATION` */
  readDerivation(drvPath: string): Derivation;
  /** Adds a path from a NAR; nothing of `info` is believed before the NAR fits it. References must be valid by `commit`. */
  importNar(info: NewPathInfo): NarImport;
  /** Adds what comes: the bytes of a file (`flat`) or a NAR (`recursive`). */
  importContents(name: string, options: ImportContentsOptions): ContentImport;
  /** Adds signatures to those that a valid path has. */
  addSignatures(path: string, signatures: readonly string[]): void;
  /** Registers outputs that stand finished and canonical in the store; all in one transaction. */
  registerPaths(infos: readonly NewPathInfo[]): void;

  /** Protects a path from collection while this process lives. */
  addTempRoot(path: string): void;
  /** Makes `linkPath` a symlink to the store path and registers it as an indirect root. Returns `linkPath`. */
  addIndirectRoot(linkPath: string, storePath: string): string;
  /** The same for a symlink that stands already; it need not point into the store yet. */
  registerIndirectRoot(linkPath: string): void;
  /** Where -> store path, of every root; temporary roots and running processes included. */
  findRoots(): Map<string, string>;
  collectGarbage(options?: GarbageOptions): GarbageResult;
  /** Links equal files of these paths (all valid ones) together. */
  optimise(paths?: Iterable<string>): OptimiseResult;
  /** Every problem found, one line each; empty when all is well. */
  verify(options?: { readonly checkContents?: boolean }): string[];
  /** Valid paths that are not on disk, or (with `checkContents`) not as they were registered; references first. */
  findDamaged(options?: { readonly checkContents?: boolean; readonly paths?: readonly string[] }): string[];
  /** Lets go of the database and of the temporary roots; may be called again. */
  close(): void;
}

export interface GarbageOptions {
  /** Say what would be deleted, delete nothing. */
  readonly dryRun?: boolean;
  /** Delete just these (and only if dead). */
  readonly paths?: readonly string[];
  /** Of these also what a lasting root reaches; what processes use stays. */
  readonly ignoreLiveness?: boolean;
  readonly maxFreedBytes?: number;
}

export interface OptimiseResult {
  readonly filesLinked: number;
  readonly freedBytes: number;
}

export interface GarbageResult {
  /** Referrers before what they refer to; with `dryRun`, what would be deleted. Leftovers of killed processes included. */
  readonly deletedPaths: readonly string[];
  /** Valid paths that a root reaches. */
  readonly livePaths: readonly string[];
  /** On disk; with `dryRun`, the size of the NARs. */
  readonly freedBytes: number;
}
