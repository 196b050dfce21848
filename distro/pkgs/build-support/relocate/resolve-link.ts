import { posix } from "node:path";
import { isMachinePath } from "./debian-layout.ts";
import type { TreeLink } from "./package-tree.ts";
import type { PathFinder } from "./path-finder.ts";

/**
 * The target that a link of a Debian package gets in the store: relative within the output, absolute into a dependency,
 * as it was when it means the running machine; null when what it leads to is nowhere.
 */
export function resolveLink(place: string, link: TreeLink, out: string, finder: PathFinder): string | null {
  const target = posix.resolve(posix.dirname(link.debianPath), link.target);
  const found = finder.find(target);
  if (found === null || found === `${out}/${place}`)
    return isMachinePath(target) && !place.startsWith("etc/") ? target : null;
  if (!found.startsWith(`${out}/`)) return found;
  return posix.relative(posix.dirname(`${out}/${place}`), found);
}
