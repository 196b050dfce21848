/*
 * Merges folders into one of symlinks. A folder that only one source has becomes one link to it; where several have it,
 * it is made and its entries are merged in turn. Two different files at one place are a conflict, unless one source has
 * the better (lower) priority, both hold the same bytes, or conflicts are to be ignored: then the first stays.
 */
import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";

export interface Source {
  readonly path: string;
  readonly priority: number;
}

export interface MergeOptions {
  /** Places like `/bin`, or `/` for all: nothing else is linked. */
  readonly pathsToLink: readonly string[];
  readonly ignoreCollisions: boolean;
  /** Make every folder, link only files. */
  readonly linkFilesOnly: boolean;
}

export interface MergedTree {
  /** Folders to make, parents first. */
  readonly folders: string[];
  /** Place -> target. */
  readonly links: Map<string, string>;
  readonly conflicts: string[];
}

export function mergeTrees(sources: readonly Source[], options: MergeOptions): MergedTree {
  const merged: MergedTree = { folders: [], links: new Map(), conflicts: [] };
  mergeFolder("", sources, options, merged);
  return merged;
}

function mergeFolder(place: string, holders: readonly Source[], options: MergeOptions, merged: MergedTree): void {
  const entries = new Map<string, Source[]>();
  for (const { path, priority } of holders) {
    for (const name of readdirSync(path)) {
      entries.set(name, [...(entries.get(name) ?? []), { path: join(path, name), priority }]);
    }
  }
  for (const name of [...entries.keys()].sort()) {
    mergeEntry(`${place}/${name}`, entries.get(name) ?? [], options, merged);
  }
}

function mergeEntry(place: string, found: readonly Source[], options: MergeOptions, merged: MergedTree): void {
  const wish = linkWish(place, options.pathsToLink);
  if (wish === "none") return;
  const folders = found.filter(({ path }) => isFolder(path));
  const [only] = found;
  const distinct = new Set(folders.map(({ path }) => realpathSync(path)));
  const mustOpen = wish === "below" || options.linkFilesOnly || distinct.size > 1;
  if (folders.length === found.length && mustOpen) {
    const before = merged.links.size;
    const folderAt = merged.folders.push(place) - 1;
    mergeFolder(place, folders, options, merged);
    if (wish === "below" && merged.links.size === before) merged.folders.splice(folderAt);
  } else if (wish === "all" && only !== undefined) {
    merged.links.set(place, chooseFile(place, found, options, merged).path);
  }
}

/** Is all at this place wanted, only something below it, or nothing? */
function linkWish(place: string, pathsToLink: readonly string[]): "all" | "below" | "none" {
  if (pathsToLink.some((path) => path === "/" || place === path || place.startsWith(`${path}/`))) return "all";
  return pathsToLink.some((path) => path.startsWith(`${place}/`)) ? "below" : "none";
}

function chooseFile(place: string, found: readonly Source[], options: MergeOptions, merged: MergedTree): Source {
  const best = found.reduce((chosen, next) => (next.priority < chosen.priority ? next : chosen));
  const rivals = found.filter((next) => next !== best && next.priority === best.priority);
  for (const rival of rivals) {
    if (options.ignoreCollisions || isSame(best.path, rival.path)) continue;
    merged.conflicts.push(`${place}: '${best.path}' and '${rival.path}'`);
  }
  return best;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isSame(a: string, b: string): boolean {
  const [first, second] = [statSync(a, { throwIfNoEntry: false }), statSync(b, { throwIfNoEntry: false })];
  if (first === undefined || second === undefined)
    return lstatSync(a).isSymbolicLink() === lstatSync(b).isSymbolicLink();
  if (realpathSync(a) === realpathSync(b)) return true;
  return first.isFile() && second.isFile() && first.size === second.size && readFileSync(a).equals(readFileSync(b));
}
