/**
 * Reads files of build results. A symlink in the store names logical paths (`/nix/store/..`), which on the host lie
 * under the root; and a build may put any link there, so nothing outside the store is ever followed.
 */
import { lstatSync, readFileSync, readlinkSync } from "node:fs";
import { posix } from "node:path";
import type { JobStore } from "./job-store.ts";

type Locations = Pick<JobStore, "storeDir" | "physicalPath">;

const mostLinks = 64;

/** The logical path behind all links, or null when there is nothing or it lies outside the store. */
export function resolveInStore(store: Locations, logicalPath: string): string | null {
  let rest = segmentsBelow(store.storeDir, logicalPath);
  let resolved = store.storeDir;
  for (let links = 0; rest !== null && rest.length > 0; ) {
    const next = posix.join(resolved, rest[0] ?? "");
    const stat = lstatSync(store.physicalPath(next), { throwIfNoEntry: false });
    if (stat === undefined) {
      return null;
    }
    if (!stat.isSymbolicLink()) {
      if (rest.length > 1 && !stat.isDirectory()) {
        return null;
      }
      resolved = next;
      rest = rest.slice(1);
      continue;
    }
    links += 1;
    const target = posix.resolve(resolved, readlinkSync(store.physicalPath(next)), ...rest.slice(1));
    rest = links > mostLinks ? null : segmentsBelow(store.storeDir, target);
    resolved = store.storeDir;
  }
  return rest === null || resolved === store.storeDir ? null : resolved;
}

/** The contents of a file in the store, or null when there is none. */
export function readStoreFile(store: Locations, logicalPath: string): Buffer | null {
  const path = resolveInStore(store, logicalPath);
  if (path === null || !lstatSync(store.physicalPath(path)).isFile()) {
    return null;
  }
  return readFileSync(store.physicalPath(path));
}

function segmentsBelow(folder: string, path: string): string[] | null {
  const normal = posix.normalize(path);
  return normal.startsWith(`${folder}/`)
    ? normal
        .slice(folder.length + 1)
        .split("/")
        .filter(Boolean)
    : null;
}
