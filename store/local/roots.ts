/** Roots of garbage collection as Nix has them: links under `gcroots` and `profiles`, straight or through `gcroots/auto`. */
import { lstatSync, mkdirSync, readlinkSync, renameSync, symlinkSync, unlinkSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { encodeBase32 } from "../formats/base32.ts";
import { hashBytes } from "../formats/hash.ts";
import { listTree } from "../formats/nar-writer.ts";
import { isStorePath, toStorePath } from "../formats/store-path.ts";
import { AppError } from "../std/app-error.ts";
import { bytesOf, fsPath } from "../std/byte-string.ts";
import { ignoreCode } from "../std/system-error.ts";
import type { StoreContext } from "./store-context.ts";

/** Makes the link and the link to it; see `LocalStore.addIndirectRoot`. */
export function addIndirectRoot(context: StoreContext, linkPath: string, storePath: string): string {
  const link = resolve(linkPath);
  const target = ignoreCode("ENOENT", () => readLinkOrNull(link));
  if (target === null || (target !== undefined && toStorePath(target, context.layout.storeDir) === null)) {
    throw new AppError("STORE_ROOT_EXISTS", `Cannot make root '${link}': something that is no root is there`, {
      hint: "Move it away, or choose another name with --out-link",
    });
  }
  context.tempRoots.add(storePath);
  mkdirSync(fsPath(dirname(link)), { recursive: true });
  replaceLink(link, storePath);
  registerIndirectRoot(context, link);
  return link;
}

/** Makes the link to a link alone. */
export function registerIndirectRoot(context: StoreContext, linkPath: string): void {
  const link = resolve(linkPath);
  const auto = `${context.layout.gcRootsDir}/auto`;
  mkdirSync(auto, { recursive: true });
  replaceLink(`${auto}/${encodeBase32(hashBytes("sha1", link).digest)}`, link);
}

/** Puts a symlink in place of what is there, at no moment with nothing there. */
export function replaceLink(link: string, target: string): void {
  const temporary = `${link}.tmp-${process.pid}`;
  ignoreCode("ENOENT", () => unlinkSync(fsPath(temporary)));
  symlinkSync(bytesOf(target), fsPath(temporary));
  renameSync(fsPath(temporary), fsPath(link));
}

/** Target of a symlink; null for anything else. */
function readLinkOrNull(path: string): string | null {
  return lstatSync(fsPath(path)).isSymbolicLink() ? readlinkSync(fsPath(path), "latin1") : null;
}

/** Link (or file) -> store path, of every lasting root. Links of `gcroots/auto` whose link is gone are deleted. */
export function findRoots(context: StoreContext): Map<string, string> {
  const roots = new Map<string, string>();
  for (const folder of [context.layout.gcRootsDir, context.layout.profilesDir]) {
    ignoreCode("ENOENT", () => scanRoots(context, folder, roots));
  }
  return roots;
}

function scanRoots(context: StoreContext, folder: string, roots: Map<string, string>): void {
  const { storeDir, gcRootsDir } = context.layout;
  const addRoot = (where: string, target: string): void => {
    const path = toStorePath(target, storeDir);
    if (path !== null && context.database.idOf(path) !== null) roots.set(where, path);
  };
  for (const { name, type } of listTree(folder)) {
    const path = `${folder}/${name}`;
    if (type === "directory") scanRoots(context, path, roots);
    else if (type === "regular" && isStorePath(`${storeDir}/${name}`, storeDir)) addRoot(path, `${storeDir}/${name}`);
    if (type !== "symlink") continue;
    const target = readlinkSync(fsPath(path), "latin1");
    if (target.startsWith(`${storeDir}/`)) addRoot(path, target);
    else
      followIndirect(resolve(folder, target), addRoot, () => {
        if (folder === `${gcRootsDir}/auto`) ignoreCode("ENOENT", () => unlinkSync(fsPath(path)));
      });
  }
}

function followIndirect(link: string, addRoot: (where: string, target: string) => void, onGone: () => void): void {
  const target = ignoreCode("ENOENT", () => readLinkOrNull(link));
  if (target === undefined) onGone();
  else if (target !== null) addRoot(link, target);
}
