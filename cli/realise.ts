/** Builds targets with progress on the terminal; what `firn build`, `nix-build`, `nix-store -r` and `firn vm` share. */
import { basename } from "node:path";
import type {
  BuildEvent,
  BuildOptions,
  BuildTarget,
  LocalStore,
  RealisedTarget,
  RealiseRun,
  Store,
  TargetResult,
} from "#store/api.ts";
import { AppError } from "#store/std/app-error.ts";
import { createBuildProgress } from "./output/build-progress.ts";

export interface RealiseOptions extends BuildOptions {
  /** Print builders' output as it comes. */
  readonly printLogs?: boolean;
  /** Builds there, and not in the store of the evaluation. */
  readonly daemon?: Store;
  /** Takes the events in place of the terminal (`--json`). */
  readonly onEvent?: (event: BuildEvent) => void;
  /** Nix's settings by name, which say where paths may be fetched from; those of files unless told. */
  readonly settings?: ReadonlyMap<string, string>;
}

/**
 * Resolves to the targets in their order, all built.
 * @throws AppError `BUILD_FAILED` (exit code 100) naming what failed; each failure was shown before
 */
export async function realise(
  store: LocalStore,
  targets: readonly BuildTarget[],
  options: RealiseOptions = {},
): Promise<readonly TargetResult[]> {
  const { buildPaths, openSubstituters } = await import("#store/api.ts");
  const { printLogs, onEvent, daemon, settings, ...buildOptions } = options;
  const shown = {
    ...(onEvent === undefined ? {} : { onEvent }),
    signal: options.signal,
    printLogs: printLogs === true,
  };
  if (daemon === undefined) {
    const substituters = await openSubstituters(store, settings);
    try {
      const run = buildPaths(store, targets, { ...buildOptions, substituters });
      return await follow(
        run,
        run.result.then(({ targets: ended }) => ended),
        shown,
      );
    } finally {
      substituters?.close();
    }
  }
  const { startDaemonBuild } = await import("./daemon-client.ts");
  const results = await followBuild(await startDaemonBuild(daemon, targets, { ...buildOptions, store }), shown);
  return results.map(({ outcome, outputs }, index) => ({ drvPath: targets[index]?.drvPath ?? "", outcome, outputs }));
}

/**
 * Fetches paths that are not valid from caches.
 * @throws AppError `STORE_INVALID_PATH` when one is not valid in the end
 */
export async function realisePaths(
  store: LocalStore,
  paths: readonly string[],
  options: RealiseOptions = {},
): Promise<void> {
  const missing = paths.filter((path) => !store.isValidPath(path));
  if (missing.length > 0) await realise(store, [], { ...options, paths: missing });
  const unknown = missing.filter((path) => !store.isValidPath(path));
  if (unknown.length === 0) return;
  const names = unknown.map((path) => `'${path}'`).join(", ");
  throw new AppError(
    "STORE_INVALID_PATH",
    `Cannot make ${names} valid: no cache has it, and nothing says how to build it`,
    {
      hint: "give the derivation (.drv) that builds it, or name a cache with '--option substituters URL'",
    },
  );
}

interface FollowOptions {
  readonly printLogs: boolean;
  readonly onEvent?: (event: BuildEvent) => void;
  readonly signal: AbortSignal | undefined;
}

/** Shows a build by a daemon; throws as {@link realise} does. */
export function followBuild(run: RealiseRun, options: FollowOptions): Promise<readonly RealisedTarget[]> {
  return follow(run, run.result, options);
}

async function follow<Result extends Pick<TargetResult, "outcome">>(
  run: AsyncIterable<BuildEvent>,
  result: Promise<readonly Result[]>,
  { printLogs, onEvent, signal }: FollowOptions,
): Promise<readonly Result[]> {
  const progress = createBuildProgress({ printLogs });
  const failures: Extract<BuildEvent, { type: "finished" }>[] = [];
  try {
    for await (const event of run) {
      if (onEvent === undefined) progress.show(event);
      else onEvent(event);
      if (event.type === "finished" && (event.outcome === "failed" || event.outcome === "timed-out"))
        failures.push(event);
    }
    const targets = await result;
    signal?.throwIfAborted();
    const isSuccess = targets.every(({ outcome }) => outcome === "built" || outcome === "cached");
    if (!isSuccess) throw buildFailed(failures, onEvent !== undefined);
    return targets;
  } finally {
    progress.end();
  }
}

/** @param withDetails the failures were not shown one by one, so the error carries what is needed to understand them */
function buildFailed(failures: readonly Extract<BuildEvent, { type: "finished" }>[], withDetails: boolean): AppError {
  const [first] = failures;
  const names = failures.map(({ name }) => `'${name}'`).join(", ");
  const details = withDetails ? first?.error?.details : undefined;
  const reason = withDetails && first?.error !== undefined ? `: ${first.error.message}` : "";
  const shownHint = withDetails ? first?.error?.hint : undefined;
  const logHint =
    first?.error?.hint === undefined ? `'nix-store --read-log ${first?.drvPath}' shows the whole log` : undefined;
  const hint = shownHint ?? logHint;
  return new AppError("BUILD_FAILED", `Build of ${names === "" ? "the targets" : names} failed${reason}`, {
    exitCode: 100,
    ...(details === undefined ? {} : { details }),
    ...(first === undefined || hint === undefined ? {} : { hint }),
  });
}

/** The store path that an argument names: a path, a path inside of one, or a link to one. */
export async function storePathOf(store: LocalStore, argument: string): Promise<string> {
  const { realpathSync } = await import("node:fs");
  const { resolve } = await import("node:path");
  const absolute = resolve(argument);
  const logical = [absolute, tryRealpath(realpathSync, absolute)]
    .map((path) => toLogical(store, path))
    .find((path) => path !== null);
  if (logical === undefined || logical === null) {
    throw new AppError("CLI_NOT_A_STORE_PATH", `'${argument}' is not in the store`, {
      hint: `store paths begin with '${store.storeDir}/'`,
    });
  }
  return logical;
}

function tryRealpath(realpath: (path: string) => string, path: string): string {
  try {
    return realpath(path);
  } catch {
    return path;
  }
}

/** `/nix/store/x/y` or `<root>/nix/store/x/y` -> `/nix/store/x`. */
function toLogical(store: LocalStore, path: string): string | null {
  const folder = [`${store.storeDir}/`, `${store.physicalPath(store.storeDir)}/`].find((prefix) =>
    path.startsWith(prefix),
  );
  if (folder === undefined) return null;
  const name = path.slice(folder.length).split("/")[0] ?? "";
  return name === "" ? null : `${store.storeDir}/${basename(name)}`;
}
