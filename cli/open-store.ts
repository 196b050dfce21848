import { resolve } from "node:path";
import type { LocalStore } from "#store/api.ts";

/** The root that a command works on: `--store`, `NIX_REMOTE=local?root=..`, `FIRN_ROOT`, the user's data folder. */
export async function rootOf(storeFlag: string | undefined): Promise<string> {
  if (storeFlag !== undefined) return resolve(storeFlag.replace(/^local\?root=/, ""));
  const remote = process.env["NIX_REMOTE"]?.match(/^local\?root=(.+)$/)?.[1];
  if (remote !== undefined) return resolve(remote);
  const { defaultRoot } = await import("#store/api.ts");
  return defaultRoot();
}

/** Opens the store; the caller closes it. */
export async function openStore(storeFlag: string | undefined): Promise<LocalStore> {
  const { openLocalStore } = await import("#store/api.ts");
  return openLocalStore({ root: await rootOf(storeFlag) });
}
