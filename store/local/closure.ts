/** Closures over references. */
import { AppError } from "../std/app-error.ts";
import type { PathDatabase } from "./path-database.ts";

/**
 * All that these paths refer to, directly or not, themselves included; references come before what refers to them.
 * @throws AppError `STORE_INVALID_PATH`
 */
export function computeClosure(database: PathDatabase, paths: Iterable<string>): string[] {
  const seen = new Set<number>();
  const sorted: number[] = [];
  for (const path of paths) {
    const id = database.idOf(path);
    if (id === null) throw new AppError("STORE_INVALID_PATH", `Path '${path}' is not valid`);
    visitInOrder(id, seen, sorted, (current) => database.referenceIds(current));
  }
  return sorted.map((id) => database.pathOfId(id));
}

/** Depth first without recursion: closures can be deeper than a stack. */
export function visitInOrder(
  start: number,
  seen: Set<number>,
  sorted: number[],
  referencesOf: (id: number) => readonly number[],
): void {
  if (seen.has(start)) return;
  seen.add(start);
  const stack = [{ id: start, references: referencesOf(start), next: 0 }];
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const reference = frame.references[frame.next++];
    if (reference === undefined) {
      sorted.push(frame.id);
      stack.pop();
    } else if (!seen.has(reference)) {
      seen.add(reference);
      stack.push({ id: reference, references: referencesOf(reference), next: 0 });
    }
  }
}
