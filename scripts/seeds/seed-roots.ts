import { readFile } from "node:fs/promises";
import { array, type GenericSchema, object, parse, record, string } from "valibot";

/** What the distro wants of Debian: `distro/seeds/roots.json`. Groups of packages are only for its reader. */
export interface SeedRoots {
  readonly suite: string;
  readonly packages: Readonly<Record<string, readonly string[]>>;
  /** Further packages of one system. */
  readonly systemPackages: Readonly<Record<string, readonly string[]>>;
  /** Source packages whose upstream tarball is pinned. */
  readonly sources: readonly string[];
  /** Reason -> names that no package gets as a dependency. */
  readonly ignoredDependencies: Readonly<Record<string, readonly string[]>>;
  /** Package -> dependencies that it does not get, since they would close a cycle. */
  readonly cutDependencies: Readonly<Record<string, readonly string[]>>;
}

const nameLists = record(string(), array(string()));

const seedRootsSchema: GenericSchema<SeedRoots> = object({
  suite: string(),
  packages: nameLists,
  systemPackages: nameLists,
  sources: array(string()),
  ignoredDependencies: nameLists,
  cutDependencies: nameLists,
});

export async function readSeedRoots(path: string): Promise<SeedRoots> {
  return parse(seedRootsSchema, JSON.parse(await readFile(path, "utf8")));
}

/** All root packages of one system, without repetition. */
export function rootPackages(roots: SeedRoots, system: string): string[] {
  return [...new Set([...Object.values(roots.packages).flat(), ...(roots.systemPackages[system] ?? [])])];
}
