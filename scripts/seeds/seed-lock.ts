/** The lock file of one system, `distro/seeds/<system>.json`. File names are paths in Debian's pool; no host stands here. */
export interface SeedLock {
  readonly format: 1;
  readonly system: string;
  readonly suite: string;
  /** The suite's version when the lock was made, such as `12.13`. */
  readonly suiteVersion: string;
  readonly packages: Readonly<Record<string, LockedPackage>>;
  readonly sources: Readonly<Record<string, LockedFile>>;
}

export interface LockedFile {
  readonly version: string;
  readonly filename: string;
  readonly sha256: string;
  readonly size: number;
}

export interface LockedPackage extends LockedFile {
  readonly architecture: string;
  readonly depends: readonly string[];
}

/** One line a package, so that an update reads well as a diff. */
export function formatSeedLock(lock: SeedLock): string {
  const { packages, sources, ...head } = lock;
  const fields = Object.entries(head).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{\n${[...fields, formatTable("packages", packages), formatTable("sources", sources)].join(",\n")}\n}\n`;
}

function formatTable(name: string, table: Readonly<Record<string, LockedFile>>): string {
  const rows = Object.entries(table).map(([key, value]) => `    ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `  ${JSON.stringify(name)}: {\n${rows.join(",\n")}\n  }`;
}
