/**
 * Brings damaged paths back by building the derivations that made them once more. What was registered stays: the new
 * contents must be what a build gives, under the same path.
 */
import type { LocalStore } from "../local/store-interface.ts";
import { buildPaths } from "./build-paths.ts";
import type { BuildOptions } from "./events.ts";

export interface RepairResult {
  readonly repaired: readonly string[];
  /** Path -> why it stays damaged. */
  readonly failed: ReadonlyMap<string, string>;
}

/** @param paths damaged, in the order in which they are repaired: a build may need those before it */
export async function repairPaths(
  store: LocalStore,
  paths: readonly string[],
  options: Omit<BuildOptions, "mode"> = {},
): Promise<RepairResult> {
  const failed = new Map<string, string>();
  for (const path of paths) {
    const why = await repairPath(store, path, options);
    if (why !== null) failed.set(path, why);
  }
  return { repaired: paths.filter((path) => !failed.has(path)), failed };
}

/** Returns why it could not be repaired, or null. */
async function repairPath(store: LocalStore, path: string, options: BuildOptions): Promise<string | null> {
  // Another output of the same derivation may have brought it along.
  if (store.findDamaged({ paths: [path], checkContents: true }).length === 0) return null;
  const drvPath = knownDerivers(store, path)[0];
  if (drvPath === undefined) return "no derivation is known that makes it";
  const run = buildPaths(store, [{ drvPath }], { ...options, mode: "repair" });
  let why = "its build failed";
  for await (const event of run) {
    if (event.type === "finished" && event.error !== undefined) why = event.error.message;
  }
  return (await run.result).success ? null : why;
}

function knownDerivers(store: LocalStore, path: string): string[] {
  const deriver = store.queryPathInfo(path)?.deriver ?? null;
  const candidates = [...(deriver === null ? [] : [deriver]), ...store.queryValidDerivers(path)];
  const areGood = (drvPath: string): boolean =>
    store.isValidPath(drvPath) && store.findDamaged({ paths: [drvPath], checkContents: true }).length === 0;
  return candidates.filter(areGood);
}
