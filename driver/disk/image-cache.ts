/**
 * Images by the hash of what went into them, shared by all drivers of a Firn root.
 *
 * Invariants: a name under the folder exists only when its content is complete (made under a temporary name, flushed by
 * the maker's own end, renamed); images are read-only once named; two drivers that need the same image at once may both
 * make it, and the second rename replaces equal content. What a killed driver left half made is removed after a day.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";

const staleMs = 24 * 3600 * 1000;

/** The path of the image `name`, made by `make` (which is given the path to write to) when it is not there yet. */
export async function cachedImage(
  folder: string,
  name: string,
  make: (temporaryPath: string) => Promise<void>,
): Promise<{ readonly path: string; readonly isNew: boolean }> {
  const path = join(folder, name);
  if (existsSync(path)) {
    const now = new Date();
    // So that an eviction by age can tell what is in use.
    utimesSync(path, now, now);
    return { path, isNew: false };
  }
  mkdirSync(folder, { recursive: true });
  removeStale(folder);
  const temporary = join(folder, `tmp-${process.pid}-${Math.random().toString(36).slice(2, 8)}-${name}`);
  try {
    await make(temporary);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true, recursive: true });
  }
  return { path, isNew: true };
}

function removeStale(folder: string): void {
  for (const name of readdirSync(folder).filter((entry) => entry.startsWith("tmp-"))) {
    const path = join(folder, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > staleMs) rmSync(path, { recursive: true, force: true });
  }
}
