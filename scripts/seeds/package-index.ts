import { type ControlStanza, parseControlStanzas, parseDependencies } from "./control-stanzas.ts";

/** A binary package as the suite's index describes it. */
export interface IndexedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly filename: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Each entry is a list of alternatives, best first. */
  readonly depends: readonly (readonly string[])[];
}

/** All packages of a suite by name, and who provides a virtual name (sorted). */
export interface PackageIndex {
  readonly packages: ReadonlyMap<string, IndexedPackage>;
  readonly providers: ReadonlyMap<string, readonly string[]>;
}

export function parsePackageIndex(text: string): PackageIndex {
  const packages = new Map<string, IndexedPackage>();
  const providers = new Map<string, string[]>();
  for (const stanza of parseControlStanzas(text)) {
    const found = toIndexedPackage(stanza);
    packages.set(found.name, found);
    for (const name of parseDependencies(stanza.get("provides")).flat()) {
      providers.set(name, [...(providers.get(name) ?? []), found.name].sort());
    }
  }
  return { packages, providers };
}

function toIndexedPackage(stanza: ControlStanza): IndexedPackage {
  const field = (name: string): string => stanza.get(name) ?? "";
  return {
    name: field("package"),
    version: field("version"),
    architecture: field("architecture"),
    filename: field("filename"),
    sha256: field("sha256"),
    sizeBytes: Number(field("size")),
    depends: [...parseDependencies(field("pre-depends")), ...parseDependencies(field("depends"))],
  };
}

/** An upstream tarball (`.orig.tar.*`) of a source package. */
export interface IndexedSource {
  readonly version: string;
  readonly filename: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** The upstream tarball of each of the named source packages; names that have none are left out. */
export function findUpstreamTarballs(sourcesText: string, names: readonly string[]): Map<string, IndexedSource> {
  const wanted = new Set(names);
  const found = new Map<string, IndexedSource>();
  for (const stanza of parseControlStanzas(sourcesText)) {
    const name = stanza.get("package") ?? "";
    const tarball = wanted.has(name) ? upstreamTarball(stanza) : null;
    if (tarball !== null) found.set(name, tarball);
  }
  return found;
}

function upstreamTarball(stanza: ControlStanza): IndexedSource | null {
  for (const line of (stanza.get("checksums-sha256") ?? "").split("\n")) {
    const [sha256, size, file] = line.split(/\s+/);
    if (sha256 === undefined || file === undefined || !/\.orig\.tar\.[a-z0-9]+$/.test(file)) continue;
    const filename = `${stanza.get("directory") ?? ""}/${file}`;
    return { version: stanza.get("version") ?? "", filename, sha256, sizeBytes: Number(size) };
  }
  return null;
}
