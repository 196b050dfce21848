import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "#store/std/app-error.ts";
import { findUpstreamTarballs, type IndexedSource, type PackageIndex, parsePackageIndex } from "./package-index.ts";
import { fetchSuiteIndexes } from "./private-apt.ts";
import { resolveSeeds } from "./resolve-seeds.ts";
import { formatSeedLock, type LockedFile, type LockedPackage, type SeedLock } from "./seed-lock.ts";
import { readSeedRoots, rootPackages, type SeedRoots } from "./seed-roots.ts";

const DEBIAN_ARCHITECTURES: Readonly<Record<string, string>> = {
  "x86_64-linux": "amd64",
  "aarch64-linux": "arm64",
  "armv7l-linux": "armhf",
  "i686-linux": "i386",
};

export interface SeedsUpdate {
  readonly path: string;
  readonly packageCount: number;
  readonly sizeBytes: number;
  readonly changed: boolean;
}

/** Makes the lock of one system anew from Debian's current indexes and `roots.json` in the same folder. */
export async function updateSeeds(folder: string, system: string): Promise<SeedsUpdate> {
  const architecture = DEBIAN_ARCHITECTURES[system];
  if (architecture === undefined) {
    const known = Object.keys(DEBIAN_ARCHITECTURES).join(", ");
    throw new AppError("SEEDS_UNKNOWN_SYSTEM", `Update seeds of '${system}': no such system`, {
      hint: `Known are ${known}`,
      exitCode: 2,
    });
  }
  const roots = await readSeedRoots(join(folder, "roots.json"));
  const indexes = await fetchSuiteIndexes(roots.suite, architecture);
  const lock: SeedLock = {
    format: 1,
    system,
    suite: roots.suite,
    suiteVersion: indexes.suiteVersion,
    packages: lockPackages(parsePackageIndex(indexes.packages), roots, system),
    sources: lockSources(findUpstreamTarballs(indexes.sources, roots.sources), roots.sources),
  };
  return writeLock(join(folder, `${system}.json`), lock);
}

function lockPackages(index: PackageIndex, roots: SeedRoots, system: string): Record<string, LockedPackage> {
  const graph = resolveSeeds(index, rootPackages(roots, system), {
    ignored: new Set(Object.values(roots.ignoredDependencies).flat()),
    cut: new Map(Object.entries(roots.cutDependencies).map(([name, cut]) => [name, new Set(cut)])),
  });
  const locked: Record<string, LockedPackage> = {};
  for (const [name, depends] of graph) {
    const found = index.packages.get(name);
    if (found === undefined) continue;
    locked[name] = { architecture: found.architecture, ...lockFile(found), depends };
  }
  return locked;
}

function lockSources(found: ReadonlyMap<string, IndexedSource>, names: readonly string[]): Record<string, LockedFile> {
  return Object.fromEntries(
    names.map((name) => {
      const source = found.get(name);
      if (source === undefined) throw new AppError("SEEDS_NO_SOURCE", `Find the upstream tarball of '${name}': none`);
      return [name, lockFile(source)];
    }),
  );
}

function lockFile(file: IndexedSource): LockedFile {
  return { version: file.version, filename: file.filename, sha256: file.sha256, size: file.sizeBytes };
}

async function writeLock(path: string, lock: SeedLock): Promise<SeedsUpdate> {
  const text = formatSeedLock(lock);
  const changed = (await readFile(path, "utf8").catch(() => "")) !== text;
  if (changed) await writeFile(path, text);
  const packages = Object.values(lock.packages);
  return {
    path,
    packageCount: packages.length,
    sizeBytes: packages.reduce((sum, { size }) => sum + size, 0),
    changed,
  };
}
