/**
 * The heavy functions of the store, with their code loaded when they are first called: a query or an evaluation, which
 * needs none of it, starts some 50 ms of processor time earlier.
 */

import type { BuildEvent, BuildOptions, BuildRun, BuildTarget } from "./build/events.ts";
import type { DownloadAnswer } from "./build/fetch/download-type.ts";
import type { RepairResult } from "./build/repair-paths.ts";
import type { ExportOptions, ExportResult } from "./cache/export-binary-cache.ts";
import type { CacheServerOptions, RunningCacheServer } from "./cache-server/cache-server.ts";
import type { CreateDaemonOptions, RunningDaemon } from "./daemon/create-daemon.ts";
import type { ByteSink } from "./formats/nar-writer.ts";
import type { LocalStore } from "./local/store-interface.ts";
import type { AddNarOptions, MissingPaths, Store } from "./stores/store.ts";
import type { Substituters } from "./substitute/substituters.ts";

/**
 * Makes the outputs of derivations valid. Starts at once; see {@link BuildRun}.
 * @example
 * const run = buildPaths(store, [{ drvPath }], { maxJobs: 2 });
 * for await (const event of run) if (event.type === "log") show(event.line);
 * const { success } = await run.result;
 */
export function buildPaths(store: LocalStore, targets: readonly BuildTarget[], options: BuildOptions = {}): BuildRun {
  const run = import("./build/build-paths.ts").then((module) => module.buildPaths(store, targets, options));
  const result = run.then((started) => started.result);
  // Whoever only reads the events learns of a failure there.
  result.catch(() => {});
  return { result, [Symbol.asyncIterator]: () => eventsOf(run) };
}

async function* eventsOf(run: Promise<BuildRun>): AsyncGenerator<BuildEvent, void, void> {
  yield* await run;
}

/**
 * The binary caches that settings name, for builds in a store; null when nothing is to be fetched. Close them afterwards.
 * @param settings by name; those of nix.conf and NIX_CONFIG unless told
 * @throws AppError `STORE_BAD_URL`, `STORE_BAD_KEY`
 * @example const substituters = await openSubstituters(store, new Map([["substituters", "https://cache.example.org"]]));
 */
export async function openSubstituters(
  store: LocalStore,
  settings?: ReadonlyMap<string, string>,
): Promise<Substituters | null> {
  const { NixSettings, readNixSettings } = await import("./stores/nix-settings.ts");
  const known = settings === undefined ? readNixSettings() : new NixSettings().with(settings);
  if (known.words("substituters", []).length === 0) return null;
  const { substitutersFor } = await import("./substitute/substituters.ts");
  return substitutersFor(known, store.root);
}

/**
 * What building targets would take; nothing is built or fetched.
 * @throws AppError when a derivation is not in the store
 * @example const { willBuild } = await planMissing(store, [{ drvPath }], { substituters: null, paths: [] });
 */
export async function planMissing(
  store: LocalStore,
  targets: readonly BuildTarget[],
  options: { readonly substituters: Substituters | null; readonly paths: readonly string[] },
): Promise<MissingPaths> {
  const module = await import("./build/plan-run.ts");
  return await module.planMissing(store, targets, options);
}

/**
 * Opens the store that a URL names: a folder, `local?root=..`, `daemon`, `unix://..`, `dummy://`; null for what
 * `NIX_REMOTE` says, else Firn's own.
 * @throws AppError `STORE_BAD_URL`, `STORE_NO_DAEMON`
 * @example const store = await openStore("unix:///run/firn.socket");
 */
export async function openStore(url: string | null = null): Promise<Store> {
  const module = await import("./stores/open-store.ts");
  return module.openStore(url);
}

/**
 * Copies paths with all that they refer to from one store to another; returns what was copied.
 * @throws AppError `STORE_INVALID_PATH`, `STORE_UNTRUSTED_PATH`
 * @example await copyClosure(local, daemon, { paths: [drvPath] });
 */
export async function copyClosure(
  from: Store,
  to: Store,
  options: AddNarOptions & { readonly paths: readonly string[] },
): Promise<string[]> {
  const module = await import("./stores/copy-closure.ts");
  return module.copyClosure(from, to, options);
}

/**
 * A daemon for a store, speaking the worker protocol of Nix; it serves from `listen` or `serveStdio` on.
 * @throws AppError `STORE_BAD_URL`, `STORE_BAD_SETTING`
 * @example const daemon = await createDaemon({ storeUrl: null, versionText: "firn" }); await daemon.listen(null);
 */
export async function createDaemon(options: CreateDaemonOptions): Promise<RunningDaemon> {
  const module = await import("./daemon/create-daemon.ts");
  return module.createDaemon(options);
}

/**
 * Adds the closure of `paths` to the binary cache at `folder`, making it when it is not there: `nix-cache-info`, a narinfo
 * and a compressed NAR each, as any Nix substitutes from. What is there is kept.
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
  const module = await import("./cache/export-binary-cache.ts");
  return module.exportBinaryCache(store, paths, folder, options);
}

/**
 * Builds damaged paths once more, from the derivations that made them.
 * @example const { failed } = await repairPaths(store, store.findDamaged({ checkContents: true }));
 */
export async function repairPaths(
  store: LocalStore,
  paths: readonly string[],
  options: BuildOptions = {},
): Promise<RepairResult> {
  const module = await import("./build/repair-paths.ts");
  return await module.repairPaths(store, paths, options);
}

/**
 * Writes paths, in their order, as `nix-store --import` reads them.
 * @throws AppError `STORE_INVALID_PATH`, `STORE_PATH_MODIFIED`
 * @example await exportPaths(store, store.computeClosure([path]), (chunk) => writeSync(1, chunk));
 */
export async function exportPaths(store: LocalStore, paths: readonly string[], sink: ByteSink): Promise<void> {
  const module = await import("./stores/export-stream.ts");
  module.exportPaths(store, paths, sink);
}

/**
 * Adds what an export holds, unsigned; returns the paths.
 * @throws AppError `STORE_BAD_EXPORT`, `STORE_BAD_NAR`, `STORE_INVALID_REFERENCE`
 * @example await importPaths(store, process.stdin);
 */
export async function importPaths(store: LocalStore, bytes: AsyncIterable<Uint8Array>): Promise<string[]> {
  const module = await import("./stores/export-stream.ts");
  return await module.importPaths(store, bytes);
}

/**
 * Serves a store as a binary cache over HTTP, until closed. The store stays the caller's.
 * @param options.secretKeys as `nix-store --generate-binary-cache-key` makes them; each signs what it has not signed yet
 * @throws AppError `CACHE_CANNOT_LISTEN`, `STORE_BAD_KEY`
 * @example const server = await startCacheServer({ store, compression: "zstd", priority: 40, secretKeys: [], ...address });
 */
export async function startCacheServer(
  options: Omit<CacheServerOptions, "secretKeys"> & {
    readonly secretKeys: readonly string[];
    readonly host: string;
    readonly port: number;
  },
): Promise<RunningCacheServer> {
  const module = await import("./cache-server/cache-server.ts");
  const { parseSecretKey } = await import("./formats/signature.ts");
  const { host, port, ...rest } = options;
  const secretKeys = options.secretKeys.map(parseSecretKey);
  return await module.startCacheServer({ ...rest, secretKeys }, { host, port });
}

/**
 * What a binary cache says of itself (`nix-cache-info`), field by field.
 * @throws AppError `STORE_BAD_URL`, `CACHE_NOT_ONE`
 * @example const storeDir = (await readCacheInfo("https://cache.example.org")).get("StoreDir");
 */
export async function readCacheInfo(url: string): Promise<ReadonlyMap<string, string>> {
  const module = await import("./substitute/cache-info.ts");
  return await module.readCacheInfo(url);
}

/**
 * Downloads a file by any URL that builds can fetch from, with the host's proxies and certificates. What it holds is for the
 * caller to judge. With the ETag of an earlier answer nothing is written as long as the server still has that version.
 * @throws AppError `STORE_FETCH_FAILED`, `STORE_FETCH_GONE`
 * @example await downloadFile("https://example.org/x.tar.gz", "/tmp/x.tar.gz", { environment: process.env });
 */
export async function downloadFile(
  url: string,
  targetPath: string,
  { environment, knownETag }: { readonly environment: NodeJS.ProcessEnv; readonly knownETag?: string },
): Promise<DownloadAnswer> {
  const { Downloader } = await import("./build/fetch/downloader.ts");
  const downloader = new Downloader(environment);
  try {
    return await downloader.download({
      url,
      targetPath,
      onProgress: () => {},
      signal: new AbortController().signal,
      ...(knownETag === undefined ? {} : { knownETag }),
    });
  } finally {
    downloader.close();
  }
}
