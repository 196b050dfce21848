/** Whether paths are valid, without opening the store: nothing is made, locked or loaded, so it costs a millisecond. */
import { lstatSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/**
 * True when all of these paths are registered and stand in the store. False too when the database cannot be read.
 *
 * @param root physical root of the store
 */
export function areRegistered(root: string, paths: readonly string[]): boolean {
  if (paths.length === 0) return true;
  const prefix = root === "/" ? "" : root;
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(`${prefix}/nix/var/nix/db/db.sqlite`, { readOnly: true });
    const query = database.prepare("select 1 from ValidPaths where path = ?");
    return paths.every(
      (path) => query.get(path) !== undefined && lstatSync(`${prefix}${path}`, { throwIfNoEntry: false }) !== undefined,
    );
  } catch {
    return false;
  } finally {
    database?.close();
  }
}
