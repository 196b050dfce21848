/*
 * Interpreter and run paths. Each program or library gets as its run path just the folders of the libraries that it
 * needs, in the order in which it needs them; files with the same wish share one call of patchelf.
 */
import { execFileSync } from "node:child_process";
import { join, posix } from "node:path";
import { type DynamicObject, readDynamicObject } from "./elf.ts";
import type { PackageTree } from "./package-tree.ts";
import type { PathFinder } from "./path-finder.ts";
import type { Fixups, RelocationSpec } from "./relocation-spec.ts";

const FILES_PER_CALL = 200;

/** Groups the ELF files of the tree by the arguments that patchelf needs for them. */
export function planElfPatches(tree: PackageTree, finder: PathFinder, spec: RelocationSpec): Map<string, string[]> {
  const plan = new Map<string, string[]>();
  const missing = new Map<string, string>();
  for (const [place, { contents }] of tree.files) {
    const object = readDynamicObject(contents);
    if (object === null || isDynamicLinker(place)) continue;
    const wanted = [...object.needed, ...openedLibraries(place, spec.fixups)];
    const folders = findFolders(wanted, finder, (soname) => {
      if (!spec.fixups.allowMissing?.includes(soname)) missing.set(soname, place);
    });
    const args = patchArguments(object, folders, spec).join("\0");
    if (args !== "") plan.set(args, [...(plan.get(args) ?? []), place]);
  }
  if (missing.size === 0) return plan;
  const list = [...missing].map(([soname, place]) => `'${soname}' (for '${place}')`);
  throw new Error(`Find shared libraries: nothing provides ${list.join(", ")}`);
}

function openedLibraries(place: string, { opens = {} }: Fixups): string[] {
  return Object.entries(opens).flatMap(([pattern, sonames]) => (new RegExp(pattern).test(place) ? sonames : []));
}

function findFolders(sonames: readonly string[], finder: PathFinder, onMissing: (soname: string) => void): string[] {
  const folders = new Set<string>();
  for (const soname of sonames) {
    const folder = finder.findLibraryFolder(soname);
    if (folder !== null) folders.add(folder);
    else if (!isDynamicLinker(soname)) onMissing(soname);
  }
  return [...folders];
}

export function runElfPatches(out: string, plan: ReadonlyMap<string, readonly string[]>, spec: RelocationSpec): void {
  const [command = "patchelf", ...prefix] = spec.tools.patchelf;
  for (const [args, places] of plan) {
    for (let at = 0; at < places.length; at += FILES_PER_CALL) {
      const files = places.slice(at, at + FILES_PER_CALL).map((place) => join(out, place));
      execFileSync(command, [...prefix, "--page-size", "4096", ...args.split("\0"), ...files], { stdio: "inherit" });
    }
  }
}

function patchArguments(object: DynamicObject, folders: readonly string[], spec: RelocationSpec): string[] {
  const args = [];
  if (object.interpreter !== null && spec.libc !== null) {
    args.push("--set-interpreter", join(spec.libc, "lib", posix.basename(object.interpreter)));
  }
  if (folders.length > 0) args.push("--set-rpath", folders.join(":"));
  else if (object.hasRunPath) args.push("--remove-rpath");
  return args;
}

function isDynamicLinker(place: string): boolean {
  return /^ld-linux.*\.so\.\d$/.test(posix.basename(place));
}
