/**
 * Writes a binary cache, a folder that any Nix substitutes from as `file://` or behind any HTTP server: `nix-cache-info`,
 * `<hash part>.narinfo`, `nar/<file hash>.nar.zst`.
 * Invariants: a narinfo appears, whole, after its NAR and after the narinfos of all its references; so at any moment, and
 * after a kill -9, every path in the cache can be had with its closure. What is there already is kept.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type NarInfo, parseNarInfo, printNarInfo } from "../formats/narinfo.ts";
import { parseSecretKey, type SecretKey, signPath } from "../formats/signature.ts";
import { storePathHashPart } from "../formats/store-path.ts";
import { toStoreError } from "../local/store-errors.ts";
import type { LocalStore, PathInfo } from "../local/store-interface.ts";
import { AppError } from "../std/app-error.ts";
import { bytesOf } from "../std/byte-string.ts";
import { ignoreCode } from "../std/system-error.ts";
import type { NarCompression, NarFile } from "./nar-file.ts";
import { NarWorkers } from "./nar-workers.ts";

export interface ExportOptions {
  /** `zstd` unless told. */
  readonly compression?: NarCompression;
  /** `<name>:<base64>`, as of `nix-store --generate-binary-cache-key`; signs every path that it has not signed yet. */
  readonly signingKey?: string;
  /** NARs compressed at the same time; 2 unless told. */
  readonly maxWorkers?: number;
  /** Called after each path. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ExportResult {
  /** Paths that were written, and paths that were there already. */
  readonly addedPaths: readonly string[];
  readonly keptPaths: readonly string[];
  /** Bytes of the compressed files that were written. */
  readonly addedBytes: number;
}

/**
 * Adds the closure of `paths` to the binary cache at `folder`, making it when it is not there.
 * @throws AppError `STORE_INVALID_PATH`, `STORE_PATH_MODIFIED` when a path's contents are no longer what was registered,
 *   `STORE_BAD_KEY`, `STORE_DISK_FULL`
 * @example await exportBinaryCache(store, [toplevel], "/srv/cache", { signingKey });
 */
export async function exportBinaryCache(
  store: LocalStore,
  paths: Iterable<string>,
  folder: string,
  options: ExportOptions = {},
): Promise<ExportResult> {
  try {
    const secret = options.signingKey === undefined ? null : parseSecretKey(options.signingKey);
    writeCacheInfo(folder, store.storeDir);
    return await new CacheExport(store, folder, options, secret).run(store.computeClosure(paths));
  } catch (error) {
    throw toStoreError(error, folder);
  }
}

function writeCacheInfo(folder: string, storeDir: string): void {
  mkdirSync(join(folder, "nar"), { recursive: true });
  const path = join(folder, "nix-cache-info");
  if (!existsSync(path)) writeAtomically(path, `StoreDir: ${storeDir}\nWantMassQuery: 1\nPriority: 40\n`);
}

function writeAtomically(path: string, text: string): void {
  writeFileSync(`${path}.tmp-${process.pid}`, bytesOf(text));
  renameSync(`${path}.tmp-${process.pid}`, path);
}

class CacheExport {
  readonly #store: LocalStore;
  readonly #folder: string;
  readonly #options: ExportOptions;
  readonly #secret: SecretKey | null;

  constructor(store: LocalStore, folder: string, options: ExportOptions, secret: SecretKey | null) {
    this.#store = store;
    this.#folder = folder;
    this.#options = options;
    this.#secret = secret;
  }

  /** @param closure references first */
  async run(closure: readonly string[]): Promise<ExportResult> {
    const missing = closure.filter((path) => this.#existing(path) === null);
    const isMissing = new Set(missing);
    await using workers = new NarWorkers(Math.min(this.#options.maxWorkers ?? 2, missing.length));
    const files = new Map(missing.map((path) => [path, this.#writeNar(workers, path)]));
    // Each is awaited in its turn; until then its failure is nobody's.
    for (const file of files.values()) file.catch(() => {});
    let addedBytes = 0;
    for (const [index, path] of closure.entries()) {
      const file = await files.get(path);
      if (file === undefined) this.#signExisting(path);
      else this.#writeNarInfo(this.#describe(this.#info(path), file));
      addedBytes += file?.fileSizeBytes ?? 0;
      this.#options.onProgress?.(index + 1, closure.length);
    }
    return { addedPaths: missing, keptPaths: closure.filter((path) => !isMissing.has(path)), addedBytes };
  }

  #narInfoPath(path: string): string {
    return join(this.#folder, `${storePathHashPart(path, this.#store.storeDir)}.narinfo`);
  }

  /** What the cache has of a path; null when its NAR is gone. */
  #existing(path: string): NarInfo | null {
    const text = ignoreCode("ENOENT", () => readFileSync(this.#narInfoPath(path), "latin1"));
    if (text === undefined) return null;
    const info = parseNarInfo(text, this.#store.storeDir);
    return existsSync(join(this.#folder, info.url)) ? info : null;
  }

  #info(path: string): PathInfo {
    const info = this.#store.queryPathInfo(path);
    if (info === null) throw new AppError("STORE_INVALID_PATH", `Path '${path}' is not valid any more`);
    return info;
  }

  async #writeNar(workers: NarWorkers, path: string): Promise<NarFile> {
    const file = await workers.write({
      folder: this.#folder,
      physical: this.#store.physicalPath(path),
      compression: this.#options.compression ?? "zstd",
      temporaryName: `${storePathHashPart(path, this.#store.storeDir)}.tmp-${process.pid}`,
    });
    if (file.narHash === this.#info(path).narHash) return file;
    throw new AppError("STORE_PATH_MODIFIED", `Cannot export '${path}': its contents are not what was registered`, {
      hint: "Check the store with 'nix-store --verify --check-contents'",
    });
  }

  #describe(info: PathInfo, file: NarFile): NarInfo {
    return {
      storePath: info.path,
      url: file.url,
      compression: this.#options.compression ?? "zstd",
      fileHash: file.fileHash,
      fileSizeBytes: file.fileSizeBytes,
      narHash: file.narHash,
      narSizeBytes: file.narSizeBytes,
      references: info.references,
      deriver: info.deriver,
      system: null,
      signatures: this.#sign(info.signatures, { ...info, narSizeBytes: file.narSizeBytes }),
      ca: info.ca,
    };
  }

  #sign(signatures: readonly string[], info: Parameters<typeof signPath>[1]): readonly string[] {
    const secret = this.#secret;
    if (secret === null || signatures.some((signature) => signature.startsWith(`${secret.name}:`))) return signatures;
    return [...signatures, signPath(secret, info)];
  }

  #signExisting(path: string): void {
    const info = this.#existing(path);
    if (info === null) return;
    const signatures = this.#sign(info.signatures, { ...info, path: info.storePath });
    if (signatures !== info.signatures) this.#writeNarInfo({ ...info, signatures });
  }

  #writeNarInfo(info: NarInfo): void {
    writeAtomically(this.#narInfoPath(info.storePath), printNarInfo(info));
  }
}
