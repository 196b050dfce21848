/*
 * Interpreter and run paths. Each program or library gets as its run path just the folders of the libraries that it
 * needs, in the order in which it needs them; files with the same wish share one call of patchelf.
 */
import { execFileSync } from "node:child_process";
import { join, posix } from "node:path";
import { type DynamicObject, readDynamicObject } from "./elf.ts";
import type { PackageTree } from "./package-tree.ts";
import type { PathFinder } from "./path-finder.ts";
import type { RelocationSpec } from "./relocation-spec.ts";

const FILES_PER_CALL = 200;

/** Groups the ELF files of the tree by the arguments that patchelf needs for them. */
export function planElfPatches(tree: PackageTree, finder: PathFinder, spec: RelocationSpec): Map<string, string[]> {
  const plan = new Map<string, string[]>();
  const missing = new Set<string>();
  for (const [place, { contents }] of tree.files) {
    const object = readDynamicObject(contents);
    if (object === null || isDynamicLinker(place)) continue;
    const args = patchArguments(object, finder, spec, (soname) => missing.add(`${soname} (for ${place})`));
    if (args.length > 0) plan.set(args.join("\0"), [...(plan.get(args.join("\0")) ?? []), place]);
  }
  if (missing.size > 0) throw new Error(`Find shared libraries: nothing provides ${[...missing].sort().join(", ")}`);
  return plan;
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

function patchArguments(
  object: DynamicObject,
  finder: PathFinder,
  spec: RelocationSpec,
  onMissing: (soname: string) => void,
): string[] {
  const folders = new Set<string>();
  for (const soname of [...object.needed, ...(object.needed.length > 0 ? (spec.fixups.opens ?? []) : [])]) {
    const folder = finder.findLibraryFolder(soname);
    if (folder !== null) folders.add(folder);
    else if (!isDynamicLinker(soname) && !spec.fixups.allowMissing?.includes(soname)) onMissing(soname);
  }
  const args = [];
  if (object.interpreter !== null && spec.libc !== null) {
    args.push("--set-interpreter", join(spec.libc, "lib", posix.basename(object.interpreter)));
  }
  if (folders.size > 0) args.push("--set-rpath", [...folders].join(":"));
  else if (object.hasRunPath) args.push("--remove-rpath");
  return args;
}

function isDynamicLinker(place: string): boolean {
  return /^ld-linux.*\.so\.\d$/.test(posix.basename(place));
}
