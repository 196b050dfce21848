/** What the operations of an open store work on. */
import { randomBytes } from "node:crypto";
import { encodeBase32 } from "../formats/base32.ts";
import type { PathDatabase } from "./path-database.ts";
import type { StoreLayout } from "./store-layout.ts";
import type { TempRoots } from "./temp-roots.ts";

export interface StoreContext {
  readonly layout: StoreLayout;
  readonly database: PathDatabase;
  readonly tempRoots: TempRoots;
}

/** `/nix/store/x` -> `<root>/nix/store/x`; anything else unchanged. */
export function physicalPath(layout: StoreLayout, path: string): string {
  return path.startsWith(`${layout.storeDir}/`) ? layout.physicalStoreDir + path.slice(layout.storeDir.length) : path;
}

/**
 * A place inside the store for something unfinished. It has the form of a store path and is a temporary root, so no
 * collection, ours or Nix's, touches it while we live; and when we are killed, the next one clears it away.
 */
export function stagingPath(context: StoreContext): string {
  const path = unusedPath(context.layout);
  context.tempRoots.add(path);
  return physicalPath(context.layout, path);
}

/** A logical path that nothing has or will have. */
export function unusedPath(layout: StoreLayout): string {
  return `${layout.storeDir}/${encodeBase32(randomBytes(20))}-staging`;
}
