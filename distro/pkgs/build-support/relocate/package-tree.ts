import { type FolderMoves, isDropped, placeOf } from "./debian-layout.ts";
import type { TarEntry } from "./read-tar.ts";

export interface TreeFile {
  contents: Buffer;
  readonly executable: boolean;
}

/** A symlink as the Debian package has it. */
export interface TreeLink {
  /** Absolute path of the link on a Debian system. */
  readonly debianPath: string;
  readonly target: string;
}

/**
 * The files of an output before they are written, by place in the output. Folders exist by their files; empty ones are
 * dropped, since in a store they serve nobody.
 */
export interface PackageTree {
  readonly files: Map<string, TreeFile>;
  readonly links: Map<string, TreeLink>;
}

export interface LayoutRules {
  /** Places that are left out, before anything is moved. */
  readonly remove: readonly RegExp[];
  readonly moves: FolderMoves;
}

/** Lays out the entries of Debian packages. */
export function buildPackageTree(entries: Iterable<TarEntry>, { remove, moves }: LayoutRules): PackageTree {
  const tree: PackageTree = { files: new Map(), links: new Map() };
  for (const entry of entries) {
    const unmoved = placeOf(entry.path, {});
    if (unmoved === "" || isDropped(entry.path) || remove.some((pattern) => pattern.test(unmoved))) continue;
    const place = placeOf(entry.path, moves);
    if (entry.type === "file") tree.files.set(place, { contents: entry.contents, executable: entry.executable });
    else if (entry.type !== "directory") {
      const target = entry.type === "hardlink" ? `/${entry.target}` : entry.target;
      tree.links.set(place, { debianPath: `/${entry.path}`, target });
    }
  }
  for (const place of tree.files.keys()) tree.links.delete(place);
  return tree;
}

/** Is there a file, a link or a folder at this place of the output? */
export function treeHas(tree: PackageTree, folders: ReadonlySet<string>, place: string): boolean {
  return tree.files.has(place) || tree.links.has(place) || folders.has(place);
}

/** All folders that have something in them, with those above. */
export function treeFolders(tree: PackageTree): Set<string> {
  const folders = new Set<string>();
  for (const place of [...tree.files.keys(), ...tree.links.keys()]) {
    for (let slash = place.lastIndexOf("/"); slash > 0; slash = place.lastIndexOf("/", slash - 1)) {
      const folder = place.slice(0, slash);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}
