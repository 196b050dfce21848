/*
 * From root packages to the packages of a lock, and their dependencies as a graph without cycles.
 *
 * Only what a package needs at run time counts: dependencies that serve maintainer scripts are ignored by name. Of
 * alternatives the first that is taken anyway wins, else the first that exists. Each package will be a derivation with
 * its dependencies as inputs, so cycles must go: the known ones by name (`cutDependencies`), what is left by dropping the
 * edge that closes a cycle when packages are visited in alphabetical order, which depends on nothing but the graph.
 */
import { AppError } from "#store/std/app-error.ts";
import type { PackageIndex } from "./package-index.ts";

export interface ResolveRules {
  readonly ignored: ReadonlySet<string>;
  /** Package -> dependencies it does not get. */
  readonly cut: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Package name -> names it depends on, both sorted; no cycles. */
export function resolveSeeds(
  index: PackageIndex,
  roots: readonly string[],
  rules: ResolveRules,
): Map<string, readonly string[]> {
  const taken = new Set(roots.map((name) => existingRoot(index, name)));
  const edges = new Map<string, string[]>();
  const queue = [...taken];
  for (const name of queue) {
    const depends = directDependencies(index, name, taken, rules);
    edges.set(name, depends);
    for (const dependency of depends) {
      if (taken.has(dependency)) continue;
      taken.add(dependency);
      queue.push(dependency);
    }
  }
  return cutCycles(edges);
}

function existingRoot(index: PackageIndex, name: string): string {
  if (index.packages.has(name)) return name;
  throw new AppError("SEEDS_NO_PACKAGE", `Find package '${name}': the suite has none of this name`, {
    hint: "Correct the name in distro/seeds/roots.json",
  });
}

function directDependencies(
  index: PackageIndex,
  name: string,
  taken: ReadonlySet<string>,
  rules: ResolveRules,
): string[] {
  const found = new Set<string>();
  for (const alternatives of index.packages.get(name)?.depends ?? []) {
    if (alternatives.some((alternative) => rules.ignored.has(alternative))) continue;
    const chosen = chooseAlternative(index, alternatives, taken);
    if (chosen === null) {
      throw new AppError("SEEDS_UNMET", `Resolve '${alternatives.join(" | ")}', needed by '${name}': no such package`);
    }
    if (!rules.ignored.has(chosen) && !rules.cut.get(name)?.has(chosen)) found.add(chosen);
  }
  found.delete(name);
  return [...found].sort();
}

function chooseAlternative(
  index: PackageIndex,
  alternatives: readonly string[],
  taken: ReadonlySet<string>,
): string | null {
  const candidates = alternatives.flatMap((name) =>
    index.packages.has(name) ? [name] : (index.providers.get(name) ?? []),
  );
  return candidates.find((name) => taken.has(name)) ?? candidates[0] ?? null;
}

/** Drops every edge that leads back to a package whose own dependencies are being visited. */
export function cutCycles(edges: ReadonlyMap<string, readonly string[]>): Map<string, readonly string[]> {
  const acyclic = new Map<string, readonly string[]>();
  const open = new Set<string>();
  const visit = (name: string): void => {
    if (acyclic.has(name)) return;
    open.add(name);
    const kept = (edges.get(name) ?? []).filter((dependency) => !open.has(dependency));
    for (const dependency of kept) visit(dependency);
    open.delete(name);
    acyclic.set(name, kept);
  };
  const names = [...edges.keys()].sort();
  for (const name of names) visit(name);
  return new Map(names.map((name) => [name, acyclic.get(name) ?? []]));
}
