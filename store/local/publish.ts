/**
 * The last step of every addition: a finished tree moves from its staging place to its store path and is registered.
 * Both happen under the database's write lock, so of several processes that add the same path one does it and the others
 * find it valid. What stands at the path without being valid is left from a killed process and makes room.
 */
import { existsSync, renameSync } from "node:fs";
import type { Derivation } from "../formats/derivation-type.ts";
import { fsPath } from "../std/byte-string.ts";
import { deleteTree } from "./delete-tree.ts";
import { registerPaths } from "./register.ts";
import { physicalPath, type StoreContext, unusedPath } from "./store-context.ts";
import type { NewPathInfo } from "./store-interface.ts";

/**
 * @param place makes the finished, canonical file or tree at this physical path, where nothing is
 * @returns false when the path was valid already, and `place` was not called
 */
export function publish(
  context: StoreContext,
  info: NewPathInfo,
  place: (physical: string) => void,
  derivation: Derivation | null = null,
): boolean {
  const physical = physicalPath(context.layout, info.path);
  let leftover: string | null = null;
  const isNew = context.database.transaction(() => {
    if (context.database.idOf(info.path) !== null) return false;
    leftover = moveAside(context, physical);
    place(physical);
    registerPaths(context, [info], derivation === null ? new Map() : new Map([[info.path, derivation]]));
    return true;
  });
  if (leftover !== null) deleteTree(leftover);
  return isNew;
}

/** Not made a temporary root: that could wait for a collection, which could wait for our lock. It is rubbish anyway. */
function moveAside(context: StoreContext, physical: string): string | null {
  if (!existsSync(fsPath(physical))) return null;
  const aside = physicalPath(context.layout, unusedPath(context.layout));
  renameSync(fsPath(physical), fsPath(aside));
  return aside;
}
