/*
 * Makes a store path of Debian binary packages: the builder of every package of the seeds. It runs on the Node of the
 * first stage, in the sandbox, knows nothing but its environment (`out`, `spec`) and has no dependencies; the whole
 * package passes through memory once, and programs are started only to decompress and to patch ELF files, so that a
 * package takes a fraction of a second.
 *
 *   read .deb -> lay out (debian-layout) -> patch contents -> rewrite texts -> write -> patch ELF files -> links, kernel
 */
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { layOutKernel, listModuleDependencies } from "./kernel-image.ts";
import { buildPackageTree, type PackageTree } from "./package-tree.ts";
import { patchBytes, patchTexts } from "./patch-contents.ts";
import { planElfPatches, runElfPatches } from "./patch-elf.ts";
import { createPathFinder } from "./path-finder.ts";
import { readDeb } from "./read-deb.ts";
import type { RelocationSpec } from "./relocation-spec.ts";
import { rewriteTexts } from "./rewrite-text.ts";
import { writeTree } from "./write-tree.ts";

function relocate(out: string, spec: RelocationSpec): void {
  const tree = readPackages(spec);
  if (spec.fixups.kernel) layOutKernel(tree, spec);
  const finder = createPathFinder(out, tree, spec.depends, spec.fixups.move);
  patchBytes(tree, spec.fixups.patchBytes ?? []);
  patchTexts(tree, spec.fixups.patchText ?? []);
  rewriteTexts(tree, finder);
  const plan = spec.fixups.keepElf ? new Map() : planElfPatches(tree, finder, spec);
  const dangling = writeTree(out, tree, finder);
  if (dangling.length > 0) process.stdout.write(`left out, leading nowhere: ${dangling.join(" ")}\n`);
  runElfPatches(out, plan, spec);
  addLinks(out, spec.fixups.links ?? {});
  if (spec.fixups.kernel) listModuleDependencies(out, spec);
}

function readPackages(spec: RelocationSpec): PackageTree {
  const remove = (spec.fixups.remove ?? []).map((pattern) => new RegExp(pattern));
  return buildPackageTree(
    spec.debs.flatMap((deb) => [...readDeb(deb, spec.tools.xz)]),
    { remove, moves: spec.fixups.move ?? {} },
  );
}

function addLinks(out: string, links: Readonly<Record<string, string>>): void {
  const hasBin = existsSync(join(out, "bin"));
  for (const [place, target] of Object.entries(hasBin ? { sbin: "bin", ...links } : links)) {
    mkdirSync(dirname(join(out, place)), { recursive: true });
    symlinkSync(target, join(out, place));
  }
}

const { out, spec } = process.env;
if (out === undefined || spec === undefined) throw new Error("Relocate: 'out' and 'spec' must be set");
relocate(out, JSON.parse(spec) as RelocationSpec);
