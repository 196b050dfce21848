/**
 * The read-only store of a cluster as one erofs image: its root folder holds what is in /nix/store of the guests. One
 * image serves all machines of a cluster, since the host's page cache then holds it once.
 *
 * mkfs.erofs wants one folder, so the paths are gathered in one: as hard links (milliseconds, no space), else as copies,
 * where the store is on another file system, read-only, or owned by someone else.
 */
import { createHash } from "node:crypto";
import { chmodSync, linkSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { AppError } from "#store/std/app-error.ts";
import { physicalPath, type StoreView } from "../host/firn-root.ts";
import { runProgram } from "../host/run-program.ts";
import { cachedImage } from "./image-cache.ts";
import { labelErofs } from "./label-erofs.ts";

/** Part of the cache key: goes up when the way of making changes. */
const recipe = "erofs-1";
const label = "nix-store";

export interface StoreImageOptions {
  readonly view: StoreView;
  /** Where images are kept. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

/** The image of exactly these store paths (logical; order and repetition do not matter). */
export async function storeImage(storePaths: readonly string[], options: StoreImageOptions): Promise<string> {
  const paths = [...new Set(storePaths)].sort();
  const hash = createHash("sha256")
    .update([recipe, ...paths].join("\n"))
    .digest("hex")
    .slice(0, 40);
  const image = await cachedImage(options.folder, `store-${hash}.erofs`, (target) =>
    make(paths, hash, target, options),
  );
  return image.path;
}

async function make(paths: readonly string[], hash: string, target: string, options: StoreImageOptions): Promise<void> {
  const staging = `${target}.d`;
  mkdirSync(staging, { recursive: true });
  try {
    for (const path of paths) await stage(physicalPath(options.view, path), join(staging, basename(path)));
    const uuid = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
    const flags = ["-T1", "--all-root", "--quiet", `-U${uuid}`];
    await runProgram("mkfs.erofs", [...flags, target, staging], { signal: options.signal });
    labelErofs(target, label);
  } finally {
    removeTree(staging);
  }
}

/** Hard links and copies keep the modes of files; folders get the store's own. */
async function stage(source: string, target: string): Promise<void> {
  const stat = lstatSync(source, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new AppError("DRIVER_STORE_PATH", `The store path '${source}' is not there`, {
      hint: "build the machine again; a collection may have removed it",
    });
  }
  if (stat.isSymbolicLink()) return symlinkSync(readlinkSync(source), target);
  if (!stat.isDirectory()) return linkOrCopy(source, target);
  mkdirSync(target);
  for (const name of readdirSync(source)) await stage(join(source, name), join(target, name));
  chmodSync(target, 0o555);
}

async function linkOrCopy(source: string, target: string): Promise<void> {
  try {
    linkSync(source, target);
  } catch {
    await copyFile(source, target);
  }
}

/** Folders were made read-only; whoever is not root must be able to write them to empty them. */
function removeTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    chmodSync(path, 0o755);
    removeTree(path);
  }
  rmSync(folder, { recursive: true, force: true });
}
