import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type FolderMoves, placeOf } from "./debian-layout.ts";
import { type PackageTree, treeFolders, treeHas } from "./package-tree.ts";

/** Finds where things of a Debian system are now: in the output that is being made or in what it depends on. */
export interface PathFinder {
  /** The store path of an absolute path of a Debian system, or null. */
  find(debianPath: string): string | null;
  /** The folder that holds a shared library of this name, or null. */
  findLibraryFolder(soname: string): string | null;
}

export function createPathFinder(
  out: string,
  tree: PackageTree,
  depends: readonly string[],
  moves: FolderMoves = {},
): PathFinder {
  const folders = treeFolders(tree);
  const own = ownLibraries(out, tree);
  const foreign = new Map<string, string>();
  for (const root of depends)
    for (const [name, folder] of librariesBelow(join(root, "lib"))) {
      if (!foreign.has(name)) foreign.set(name, folder);
    }
  return {
    find(debianPath) {
      const place = placeOf(debianPath, {});
      if (place === "") return null;
      const ownPlace = placeOf(debianPath, moves);
      if (treeHas(tree, folders, ownPlace)) return join(out, ownPlace);
      const holder = depends.find((root) => existsSync(join(root, place)));
      return holder === undefined ? null : join(holder, place);
    },
    findLibraryFolder: (soname) => own.get(soname) ?? foreign.get(soname) ?? null,
  };
}

/** Shared libraries of the output itself: name -> folder; `lib` wins over folders below it. */
function ownLibraries(out: string, tree: PackageTree): Map<string, string> {
  const found = new Map<string, string>();
  const places = [...tree.files.keys(), ...tree.links.keys()].filter((place) => /\.so(?:\.|$)/.test(place)).sort();
  for (const place of places) {
    const slash = place.lastIndexOf("/");
    const [folder, name] = [place.slice(0, slash), place.slice(slash + 1)];
    if (!found.has(name) || folder === "lib") found.set(name, join(out, folder));
  }
  return found;
}

/** Shared libraries in a folder and, after those, in the folders right below it. */
function librariesBelow(folder: string): [string, string][] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  const isLibrary = (name: string): boolean => /\.so(?:\.|$)/.test(name);
  const here = entries.filter(({ name }) => isLibrary(name)).map(({ name }): [string, string] => [name, folder]);
  const below = entries
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) =>
      readdirSync(join(folder, name))
        .filter(isLibrary)
        .map((library): [string, string] => [library, join(folder, name)]),
    );
  return [...here, ...below];
}
