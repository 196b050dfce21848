import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PackageTree } from "./package-tree.ts";
import type { PathFinder } from "./path-finder.ts";
import { resolveLink } from "./resolve-link.ts";

/** Writes files and links below `out`; returns the links that were left out because they lead nowhere. */
export function writeTree(out: string, tree: PackageTree, finder: PathFinder): string[] {
  const folders = new Set<string>();
  const makeFolderOf = (path: string): void => {
    const folder = dirname(path);
    if (folders.has(folder)) return;
    mkdirSync(folder, { recursive: true });
    folders.add(folder);
  };
  mkdirSync(out, { recursive: true });
  for (const [place, { contents, executable }] of tree.files) {
    makeFolderOf(join(out, place));
    writeFileSync(join(out, place), contents, { mode: executable ? 0o755 : 0o644 });
  }
  const dangling: string[] = [];
  for (const [place, link] of tree.links) {
    const target = resolveLink(place, link, out, finder);
    if (target === null) dangling.push(place);
    else {
      makeFolderOf(join(out, place));
      symlinkSync(target, join(out, place));
    }
  }
  return dangling;
}
