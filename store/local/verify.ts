/** Holds the database against the disk. Changes nothing. */
import { lstatSync } from "node:fs";
import { formatHash, parseHash } from "../formats/hash.ts";
import { hashTree } from "../formats/nar-writer.ts";
import { fsPath } from "../std/byte-string.ts";
import { ignoreCode } from "../std/system-error.ts";
import { physicalPath, type StoreContext } from "./store-context.ts";

/** Every problem, one line each; see `LocalStore.verify`. */
export function verifyStore(context: StoreContext, checkContents: boolean): string[] {
  const problems = context.database.integrityProblems().map((line) => `Database: ${line}`);
  for (const path of context.database.allPaths()) {
    const problem = pathProblem(context, path, checkContents);
    if (problem !== null) problems.push(problem);
  }
  return problems;
}

/** Those of the paths that {@link verifyStore} would have a line for. */
export function findDamaged(context: StoreContext, paths: readonly string[], checkContents: boolean): string[] {
  return paths.filter((path) => pathProblem(context, path, checkContents) !== null);
}

function pathProblem(context: StoreContext, path: string, checkContents: boolean): string | null {
  const info = context.database.pathInfo(path);
  // Collected since the list was read.
  if (info === null) return null;
  const physical = physicalPath(context.layout, path);
  const isThere = ignoreCode("ENOENT", () => lstatSync(fsPath(physical))) !== undefined;
  if (!isThere) return `Path '${path}' is registered but not on disk`;
  if (!checkContents) return null;
  const { narHash, narSizeBytes } = hashTree(physical);
  const expected = formatHash(parseHash(info.narHash), "base16");
  if (narHash !== expected) return `Path '${path}' was modified: its hash is '${narHash}', expected '${expected}'`;
  if (info.narSizeBytes !== 0 && info.narSizeBytes !== narSizeBytes) {
    return `Path '${path}' has NAR size ${narSizeBytes}, expected ${info.narSizeBytes}`;
  }
  return null;
}
