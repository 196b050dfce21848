/** Copies paths and all that they refer to from one store to another, what is referred to first. */
import type { PathInfo } from "../local/store-interface.ts";
import { AppError } from "../std/app-error.ts";
import type { AddNarOptions, Store } from "./store.ts";

/**
 * What is valid in `to` is not asked about in `from`: its references are valid too. Returns what was copied.
 * @throws AppError `STORE_INVALID_PATH` when `from` lacks one of the paths
 */
export async function copyClosure(
  from: Store,
  to: Store,
  { paths, ...options }: AddNarOptions & { readonly paths: readonly string[] },
): Promise<string[]> {
  const missing = await missingClosure(from, to, paths);
  for (const info of missing) await to.addNar(info, from.narFromPath(info.path), options);
  return missing.map(({ path }) => path);
}

async function missingClosure(from: Store, to: Store, paths: readonly string[]): Promise<PathInfo[]> {
  const infos = new Map<string, PathInfo>();
  let level = [...new Set(paths)];
  while (level.length > 0) {
    const valid = new Set(await to.queryValidPaths(level));
    const found = await Promise.all(level.filter((path) => !valid.has(path)).map((path) => infoOf(from, path)));
    for (const info of found) infos.set(info.path, info);
    level = [...new Set(found.flatMap(({ references }) => references))].filter((path) => !infos.has(path));
  }
  return sortByReferences(infos);
}

async function infoOf(store: Store, path: string): Promise<PathInfo> {
  const info = await store.queryPathInfo(path);
  if (info === null) throw new AppError("STORE_INVALID_PATH", `Path '${path}' is not valid in '${store.uri}'`);
  return info;
}

function sortByReferences(infos: ReadonlyMap<string, PathInfo>): PathInfo[] {
  const sorted: PathInfo[] = [];
  const seen = new Set<string>();
  for (const top of infos.values()) {
    const stack = [{ info: top, next: 0 }];
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      if (frame.next === 0 && seen.has(frame.info.path)) {
        stack.pop();
        continue;
      }
      seen.add(frame.info.path);
      const reference = frame.info.references[frame.next++];
      if (reference === undefined) {
        sorted.push(frame.info);
        stack.pop();
        continue;
      }
      const info = infos.get(reference);
      if (info !== undefined && !seen.has(reference)) stack.push({ info, next: 0 });
    }
  }
  return sorted;
}
