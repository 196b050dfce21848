/**
 * Garbage collection: what no root reaches goes. Invariants:
 * 1. `gc.lock` is held exclusively, and `gc-socket/socket` there, from before the roots are read until nothing more is unregistered or moved; whoever
 *    adds a root meanwhile waits (see `temp-roots.ts`).
 * 2. A path is unregistered before anything of it goes from disk, so a kill -9 leaves leftovers, never a valid path
 *    with holes. The next collection takes leftovers for what they are: entries of the folder that are not valid.
 * 3. Dead paths only move while the lock is held; deleting them, which is slow, comes after.
 * As in Nix, a derivation lives as long as an output that was made by it.
 */
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { HASH_PART_LENGTH } from "../formats/store-path.ts";
import { AppError } from "../std/app-error.ts";
import { fsPath } from "../std/byte-string.ts";
import { ignoreCode } from "../std/system-error.ts";
import { visitInOrder } from "./closure.ts";
import { deleteTree, makeMovable } from "./delete-tree.ts";
import { withFileLock } from "./file-lock.ts";
import type { ReferenceGraph } from "./path-database.ts";
import { findRoots } from "./roots.ts";
import { findRuntimeRoots } from "./runtime-roots.ts";
import { physicalPath, type StoreContext, stagingPath } from "./store-context.ts";
import type { GarbageOptions, GarbageResult } from "./store-interface.ts";
import { reserveSpace, type StoreLayout } from "./store-layout.ts";
import { readTempRoots } from "./temp-roots.ts";

const LINKS_DIR = ".links";
const ROWS_PER_TRANSACTION = 2000;

export function collectGarbage(context: StoreContext, options: GarbageOptions): GarbageResult {
  if (options.dryRun === true)
    return withFileLock(context.layout.gcLockPath, "exclusive", () => plan(context, options));
  // Room for the database to work in when the disk is full.
  rmSync(context.layout.reservedPath, { force: true });
  try {
    return deleteGarbage(context, options);
  } finally {
    reserveSpace(context.layout);
  }
}

function deleteGarbage(context: StoreContext, options: GarbageOptions): GarbageResult {
  // Before the lock is held: a new temporary root would wait for it.
  const trash = stagingPath(context);
  const result = whileCollecting(context.layout, () => {
    const planned = plan(context, options);
    unregister(context, planned.deletedPaths);
    mkdirSync(trash, { recursive: true });
    for (const path of planned.deletedPaths) moveToTrash(physicalPath(context.layout, path), trash);
    return planned;
  });
  // The folder itself took room just now, and gave none.
  const ownBytes = lstatSync(trash).blocks * 512;
  return { ...result, freedBytes: deleteTree(trash) - ownBytes + deleteUnusedLinks(context) };
}

/**
 * Runs `body` as the only collection. What stands at the socket's place is a plain file, since nobody serves it: our own
 * processes wait for the lock, and real Nix's, refused when they connect, try until it is gone.
 */
export function whileCollecting<T>(layout: StoreLayout, body: () => T): T {
  return withFileLock(layout.gcLockPath, "exclusive", () => {
    mkdirSync(dirname(layout.gcSocketPath), { recursive: true });
    rmSync(layout.gcSocketPath, { force: true });
    writeFileSync(layout.gcSocketPath, "");
    try {
      return body();
    } finally {
      rmSync(layout.gcSocketPath, { force: true });
    }
  });
}

/** What lives and what goes, referrers before what they refer to. `freedBytes` is the size of the NARs. */
function plan(context: StoreContext, options: GarbageOptions): GarbageResult {
  const { storeDir, physicalStoreDir } = context.layout;
  const graph = context.database.referenceGraph();
  const tempRoots = readTempRoots(context.layout);
  const lasting = options.ignoreLiveness === true ? [] : findRoots(context).values();
  const roots = [...lasting, ...findRuntimeRoots(storeDir).values(), ...tempRoots.keys()];
  const alive = aliveIds(graph, roots);
  const isHeld = heldBy(tempRoots.keys(), storeDir);
  const sizeOf = new Map(graph.paths.map(({ path, narSizeBytes }) => [path, narSizeBytes]));
  const leftovers = readdirSync(physicalStoreDir, "latin1")
    .map((name) => `${storeDir}/${name}`)
    .filter((path) => !sizeOf.has(path) && path !== `${storeDir}/${LINKS_DIR}` && !isHeld(path));
  const dead = [...leftovers, ...sortDead(graph, alive)];
  const wanted = options.paths === undefined ? dead : chooseNamed(dead, graph, options.paths);
  const chosen = chooseUntil(wanted, sizeOf, options.maxFreedBytes ?? Number.POSITIVE_INFINITY);
  return {
    deletedPaths: chosen,
    livePaths: graph.paths.filter(({ id }) => alive.has(id)).map(({ path }) => path),
    freedBytes: chosen.reduce((sum, path) => sum + (sizeOf.get(path) ?? 0), 0),
  };
}

/** Temporary roots hold everything with their hash part: lock files, folders of builds. */
function heldBy(tempRoots: Iterable<string>, storeDir: string): (path: string) => boolean {
  const hashPartOf = (path: string): string => path.slice(storeDir.length + 1, storeDir.length + 1 + HASH_PART_LENGTH);
  const hashParts = new Set([...tempRoots].map(hashPartOf));
  return (path) => hashParts.has(hashPartOf(path));
}

function aliveIds(graph: ReferenceGraph, roots: readonly string[]): Set<number> {
  const idOf = new Map(graph.paths.map(({ id, path }) => [path, id]));
  const neighbours = new Map<number, number[]>();
  const connect = (from: number, to: number): void => {
    const known = neighbours.get(from);
    if (known === undefined) neighbours.set(from, [to]);
    else known.push(to);
  };
  for (const { referrer, reference } of graph.edges) connect(referrer, reference);
  for (const { id, deriver } of graph.paths) {
    const deriverId = deriver === null ? undefined : idOf.get(deriver);
    if (deriverId !== undefined) connect(id, deriverId);
  }
  const alive = new Set<number>();
  const pending = roots.map((path) => idOf.get(path)).filter((id) => id !== undefined);
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (alive.has(id)) continue;
    alive.add(id);
    pending.push(...(neighbours.get(id) ?? []));
  }
  return alive;
}

function sortDead(graph: ReferenceGraph, alive: ReadonlySet<number>): string[] {
  const references = new Map<number, number[]>();
  for (const { referrer, reference } of graph.edges) {
    if (alive.has(referrer)) continue;
    const known = references.get(referrer);
    if (known === undefined) references.set(referrer, [reference]);
    else known.push(reference);
  }
  const seen = new Set(alive);
  const sorted: number[] = [];
  for (const { id } of graph.paths) visitInOrder(id, seen, sorted, (current) => references.get(current) ?? []);
  const pathOf = new Map(graph.paths.map(({ id, path }) => [id, path]));
  return sorted.reverse().map((id) => pathOf.get(id) ?? "");
}

/** The first of these whose NARs together reach a size. */
function chooseUntil(paths: readonly string[], sizeOf: ReadonlyMap<string, number>, sizeBytes: number): string[] {
  const chosen: string[] = [];
  let bytes = 0;
  for (const path of paths) {
    if (bytes >= sizeBytes) break;
    chosen.push(path);
    bytes += sizeOf.get(path) ?? 0;
  }
  return chosen;
}

/** The named paths and all that refers to them, which must be dead too, since nothing alive refers to a dead path. */
function chooseNamed(dead: readonly string[], graph: ReferenceGraph, paths: readonly string[]): string[] {
  const deadSet = new Set(dead);
  const idOf = new Map(graph.paths.map(({ id, path }) => [path, id]));
  for (const path of paths) {
    if (idOf.has(path) && !deadSet.has(path)) {
      throw new AppError("STORE_PATH_ALIVE", `Cannot delete '${path}': it is still alive`, {
        hint: "Find out why with 'nix-store --query --roots' and '--referrers'",
      });
    }
  }
  const referrersOf = new Map<number, number[]>();
  for (const { referrer, reference } of graph.edges) {
    const known = referrersOf.get(reference);
    if (known === undefined) referrersOf.set(reference, [referrer]);
    else known.push(referrer);
  }
  const doomed = new Set<number>();
  const pending = paths.map((path) => idOf.get(path)).filter((id) => id !== undefined);
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (doomed.has(id)) continue;
    doomed.add(id);
    pending.push(...(referrersOf.get(id) ?? []));
  }
  const named = new Set(paths);
  return dead.filter((path) => named.has(path) || doomed.has(idOf.get(path) ?? -1));
}

function unregister(context: StoreContext, paths: readonly string[]): void {
  for (let start = 0; start < paths.length; start += ROWS_PER_TRANSACTION) {
    const batch = paths.slice(start, start + ROWS_PER_TRANSACTION);
    context.database.transaction(() => {
      for (const path of batch) context.database.deletePath(path);
    });
  }
}

function moveToTrash(physical: string, trash: string): void {
  ignoreCode("ENOENT", () => {
    makeMovable(physical);
    renameSync(fsPath(physical), fsPath(`${trash}/${physical.slice(physical.lastIndexOf("/") + 1)}`));
  });
}

/** Files that real Nix hard-linked for optimisation and that no path uses any more. */
function deleteUnusedLinks(context: StoreContext): number {
  const folder = `${context.layout.physicalStoreDir}/${LINKS_DIR}`;
  let freedBytes = 0;
  for (const name of ignoreCode("ENOENT", () => readdirSync(folder)) ?? []) {
    const stat = lstatSync(`${folder}/${name}`);
    if (stat.nlink !== 1) continue;
    unlinkSync(`${folder}/${name}`);
    freedBytes += stat.blocks * 512;
  }
  return freedBytes;
}
