import { isElf } from "./elf.ts";
import type { PackageTree } from "./package-tree.ts";
import type { BytePatch, Fixups } from "./relocation-spec.ts";

/** Same-length replacements in all ELF files. One that is found nowhere is an error: the package has changed. */
export function patchBytes(tree: PackageTree, patches: readonly BytePatch[]): void {
  for (const patch of patches) {
    const { from, to } = patch;
    if (from.length !== to.length) throw new Error(`Replace '${from}' by '${to}': the lengths differ`);
    let count = 0;
    for (const { contents } of tree.files.values()) if (isElf(contents)) count += patchOne(contents, patch);
    if (count === 0) throw new Error(`Replace '${from}': no program or library holds it`);
  }
}

function patchOne(contents: Buffer, { from, to, unlessAfter = [] }: BytePatch): number {
  let count = 0;
  for (let at = contents.indexOf(from); at >= 0; at = contents.indexOf(from, at + from.length)) {
    if (unlessAfter.some((text) => contents.toString("latin1", Math.max(0, at - text.length), at) === text)) continue;
    contents.write(to, at, "latin1");
    count++;
  }
  return count;
}

export function patchTexts(tree: PackageTree, patches: NonNullable<Fixups["patchText"]>): void {
  for (const { file: place, from, to } of patches) {
    const file = tree.files.get(place);
    const text = file?.contents.toString("latin1") ?? "";
    if (file === undefined || !text.includes(from)) throw new Error(`Replace '${from}' in '${place}': it is not there`);
    file.contents = Buffer.from(text.replaceAll(from, to), "latin1");
  }
}
