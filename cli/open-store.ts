import { resolve } from "node:path";
import type { LocalStore } from "#store/api.ts";

/** The root that a command works on: `--store`, `NIX_REMOTE=local?root=..`, `FIRN_ROOT`, the user's data folder. */
export async function rootOf(storeFlag: string | undefined): Promise<string> {
  if (storeFlag !== undefined && !namesNoFolder.test(storeFlag)) {
    return resolve(rootIn(storeFlag) ?? storeFlag);
  }
  const remote = storeFlag === undefined ? rootIn(process.env["NIX_REMOTE"] ?? "") : undefined;
  if (remote !== undefined) return resolve(remote);
  // Not by way of api.ts, which an evaluation has no need of.
  const { defaultRoot } = await import("#store/local/default-root.ts");
  return defaultRoot();
}

/** Opens the store; the caller closes it. */
export async function openStore(storeFlag: string | undefined): Promise<LocalStore> {
  const { openLocalStore } = await import("#store/api.ts");
  return openLocalStore({ root: await rootOf(storeFlag) });
}

/** Stores of Nix that are no folder: Firn's own root stands in for them. */
const namesNoFolder = /^(?:auto|daemon|local|dummy:\/\/.*|unix:\/\/.*|)$/;

/** `local?root=/x&..` -> `/x`. */
function rootIn(store: string): string | undefined {
  return /^local\?(?:[^&]*&)*root=([^&]+)/.exec(store)?.[1];
}

/** `dummy://`: nothing may be written. */
export function isDummyStore(storeFlag: string | undefined): boolean {
  return (storeFlag ?? process.env["NIX_REMOTE"] ?? "").startsWith("dummy://");
}
