/**
 * The heavy functions of the store, with their code loaded when they are first called: a query or an evaluation, which
 * needs none of it, starts some 50 ms of processor time earlier.
 */
import type { BuildEvent, BuildOptions, BuildRun, BuildTarget } from "./build/events.ts";
import type { ExportOptions, ExportResult } from "./cache/export-binary-cache.ts";
import type { CreateDaemonOptions, RunningDaemon } from "./daemon/create-daemon.ts";
import type { LocalStore } from "./local/store-interface.ts";
import type { AddNarOptions, Store } from "./stores/store.ts";

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
 * @throws AppError `STORE_BAD_URL`, `STORE_BAD_SETTINGS`
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
 * Downloads a file by any URL that builds can fetch from, with the host's proxies and certificates. What it holds is for the
 * caller to judge.
 * @throws AppError `STORE_FETCH_FAILED`, `STORE_FETCH_GONE`
 * @example await downloadFile("https://example.org/x.tar.gz", "/tmp/x.tar.gz", process.env);
 */
export async function downloadFile(url: string, targetPath: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const { Downloader } = await import("./build/fetch/downloader.ts");
  const downloader = new Downloader(environment);
  try {
    await downloader.download({ url, targetPath, onProgress: () => {}, signal: new AbortController().signal });
  } finally {
    downloader.close();
  }
}
