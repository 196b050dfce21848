/** What `--dry-run` prints, in Nix's words. */
import type { BuildTarget, LocalStore, MissingPaths, Store } from "#store/api.ts";
import type { RealiseOptions } from "../realise.ts";
import { say } from "./terminal.ts";

const MIB = 1024 * 1024;

export async function showMissing(
  store: LocalStore | Store,
  targets: readonly BuildTarget[],
  options: RealiseOptions & { readonly paths?: readonly string[] },
): Promise<void> {
  for (const line of describeMissing(await missingOf(store, targets, options))) say(line);
}

async function missingOf(
  store: LocalStore | Store,
  targets: readonly BuildTarget[],
  { settings, paths = [] }: RealiseOptions,
): Promise<MissingPaths> {
  if ("realise" in store) {
    const built = targets.map(({ drvPath, outputs = null }) => ({ type: "built", drvPath, outputs }) as const);
    return await store.queryMissing([...built, ...paths.map((path) => ({ type: "opaque", path }) as const)]);
  }
  const { openSubstituters, planMissing } = await import("#store/api.ts");
  const substituters = await openSubstituters(store, settings);
  const stopListening = substituters?.listen((message) => say(`warning: ${message}`));
  try {
    return await planMissing(store, targets, { substituters, paths });
  } finally {
    stopListening?.();
    substituters?.close();
  }
}

export function describeMissing(missing: MissingPaths): string[] {
  const { willBuild, willSubstitute, unknown } = missing;
  const lines: string[] = [];
  const list = (title: string, paths: readonly string[]): void => {
    if (paths.length > 0) lines.push(title, ...paths.map((path) => `  ${path}`));
  };
  const builds = willBuild.length === 1 ? "this derivation" : `these ${willBuild.length} derivations`;
  list(`${builds} will be built:`, willBuild);
  const fetches = willSubstitute.length === 1 ? "this path" : `these ${willSubstitute.length} paths`;
  const [download, unpacked] = [missing.downloadSizeBytes, missing.narSizeBytes].map((size) => (size / MIB).toFixed(2));
  list(`${fetches} will be fetched (${download} MiB download, ${unpacked} MiB unpacked):`, willSubstitute);
  list("don't know how to build these paths:", unknown);
  return lines;
}
