/**
 * A store as everything above it sees it, wherever it is: this disk, a daemon, a binary cache. Asynchronous, since most
 * implementations talk to somebody; whoever needs the disk itself (the builder, the evaluator) works on `LocalStore`.
 *
 * What an implementation cannot do rejects with `STORE_UNSUPPORTED` and says so by name. Text is byte strings.
 * The suite in `tests/conformance.ts` holds for every implementation.
 */
export type { BuildMode } from "../build/events.ts";

import type { BuildEvent, BuildOptions, BuildOutcome } from "../build/events.ts";
import type { Derivation } from "../formats/derivation-type.ts";
import type { HashAlgorithm } from "../formats/hash.ts";
import type { FileIngestion } from "../formats/store-path.ts";
import type { GarbageResult, NewPathInfo, PathInfo } from "../local/store-interface.ts";
import type { NixSettings } from "./nix-settings.ts";

/** Something that can be made valid: a path (by substitution), or outputs of a derivation (null: all of them). */
export type DerivedPath =
  | { readonly type: "opaque"; readonly path: string }
  | { readonly type: "built"; readonly drvPath: string; readonly outputs: readonly string[] | null };

export type RealiseOptions = BuildOptions;

export interface RealiseError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly details?: string;
}

/** How one target ended. */
export interface RealisedTarget {
  readonly target: DerivedPath;
  readonly outcome: BuildOutcome;
  /** Output name -> store path; empty for an opaque path. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly error: RealiseError | null;
  /** Seconds since the epoch; 0 when it did not run. */
  readonly startTimeS: number;
  readonly stopTimeS: number;
}

/** Under way from the start: iterate the events, then await the result. Leaving the loop early cancels it. */
export interface RealiseRun extends AsyncIterable<BuildEvent> {
  /** In the order of the targets; resolves also when some failed. */
  readonly result: Promise<readonly RealisedTarget[]>;
}

/** What a realisation would do. */
export interface MissingPaths {
  /** `.drv` paths that would be built. */
  readonly willBuild: readonly string[];
  readonly willSubstitute: readonly string[];
  /** Neither valid nor known to anybody. */
  readonly unknown: readonly string[];
  readonly downloadSizeBytes: number;
  readonly narSizeBytes: number;
}

export interface ContentOptions {
  /** How the bytes that come become the path: a file's bytes, a NAR, or text that may refer to store paths. */
  readonly method: FileIngestion | "text";
  readonly hashAlgorithm: HashAlgorithm;
  readonly references?: readonly string[];
}

export interface CacheChoice {
  readonly settings: NixSettings;
  readonly urls: readonly string[];
}

export interface AddNarOptions {
  /** Refuse what is neither signed by a trusted key nor addressed by its contents; true unless told. */
  readonly checkSignatures?: boolean;
}

export interface CollectOptions {
  /** Say what would go, delete nothing. */
  readonly dryRun?: boolean;
  /** Delete just these, and only if dead. */
  readonly paths?: readonly string[];
  readonly maxFreedBytes?: number;
}

/** Bytes in pieces; a piece is valid until the next one is asked for. */
export type ByteStream = AsyncIterable<Uint8Array>;

export interface Store {
  /** As `--store` takes it. */
  readonly uri: string;
  /** Logical store folder, `/nix/store`. */
  readonly storeDir: string;
  /** Root below which the store lies on this machine's disk, or null when it does not. */
  readonly root: string | null;
  /** Whether it takes unsigned paths and settings from us; null when it does not say. */
  isTrusting(): Promise<boolean | null>;

  /** Null when the path is not valid. References are part of it. */
  queryPathInfo(path: string): Promise<PathInfo | null>;
  /** Those of the paths that are valid, in their order. */
  queryValidPaths(paths: readonly string[]): Promise<string[]>;
  queryAllValidPaths(): Promise<string[]>;
  queryReferrers(path: string): Promise<string[]>;
  queryValidDerivers(path: string): Promise<string[]>;
  /** Output name -> path, of a valid `.drv`. */
  queryDerivationOutputs(drvPath: string): Promise<Map<string, string>>;
  queryPathFromHashPart(hashPart: string): Promise<string | null>;
  /** Those of the paths that could be fetched from somewhere. */
  querySubstitutablePaths(paths: readonly string[]): Promise<string[]>;
  queryMissing(targets: readonly DerivedPath[]): Promise<MissingPaths>;

  /** @throws AppError `STORE_INVALID_PATH` when iterated */
  narFromPath(path: string): ByteStream;
  /**
   * Adds a path whose NAR comes; nothing of `info` is believed before it is checked. No-op when valid.
   * @throws AppError `STORE_UNTRUSTED_PATH`, `STORE_HASH_MISMATCH`, `STORE_BAD_NAR`, `STORE_INVALID_REFERENCE`
   */
  addNar(info: NewPathInfo, nar: ByteStream, options?: AddNarOptions): Promise<void>;
  /** Adds what its bytes say it is; the path follows from them. */
  addContents(name: string, bytes: ByteStream, options: ContentOptions): Promise<PathInfo>;
  addText(name: string, contents: string, references: readonly string[]): Promise<string>;
  addSignatures(path: string, signatures: readonly string[]): Promise<void>;

  /** Fetches from these caches from now on, with these settings; null for those that it had. Where it is ours to say. */
  chooseCaches?(choice: CacheChoice | null): void;

  /** Makes targets valid. */
  realise(targets: readonly DerivedPath[], options?: RealiseOptions): RealiseRun;
  /** Builds a derivation that need not be in the store (its `inputDrvs` are empty). */
  buildDerivation(drvPath: string, derivation: Derivation, options?: RealiseOptions): RealiseRun;
  /** Of a derivation, or of the one that made a path; null when there is none. */
  readBuildLog(path: string): Promise<Uint8Array | null>;
  addBuildLog(drvPath: string, log: ByteStream): Promise<void>;

  /** Keeps a path while this store is open. */
  addTempRoot(path: string): Promise<void>;
  /** Makes known a symlink that stands already, and that keeps what it points to. */
  addIndirectRoot(linkPath: string): Promise<void>;
  /** Where -> store path. */
  findRoots(): Promise<Map<string, string>>;
  collectGarbage(options?: CollectOptions): Promise<GarbageResult>;
  /** Links equal files together; returns bytes saved. */
  optimise(): Promise<number>;
  /** One line for each problem. */
  verify(options?: { readonly checkContents?: boolean; readonly repair?: boolean }): Promise<string[]>;
  close(): Promise<void>;
}
