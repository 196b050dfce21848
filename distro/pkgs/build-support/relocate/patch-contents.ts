import { isElf } from "./elf.ts";
import type { PackageTree } from "./package-tree.ts";
import type { Fixups } from "./relocation-spec.ts";

/** Same-length replacements in all ELF files. One that is found nowhere is an error: the package has changed. */
export function patchBytes(tree: PackageTree, patches: NonNullable<Fixups["patchBytes"]>): void {
  const unused = new Set(patches.map(({ from }) => from));
  for (const { from, to } of patches) {
    if (from.length !== to.length) throw new Error(`Replace '${from}' by '${to}': the lengths differ`);
  }
  for (const file of tree.files.values()) {
    if (!isElf(file.contents)) continue;
    for (const { from, to } of patches) {
      for (let at = file.contents.indexOf(from); at >= 0; at = file.contents.indexOf(from, at + to.length)) {
        file.contents.write(to, at, "latin1");
        unused.delete(from);
      }
    }
  }
  if (unused.size > 0) throw new Error(`Replace '${[...unused].join("', '")}': no program or library holds it`);
}

export function patchTexts(tree: PackageTree, patches: NonNullable<Fixups["patchText"]>): void {
  for (const { file: place, from, to } of patches) {
    const file = tree.files.get(place);
    const text = file?.contents.toString("latin1") ?? "";
    if (file === undefined || !text.includes(from)) throw new Error(`Replace '${from}' in '${place}': it is not there`);
    file.contents = Buffer.from(text.replaceAll(from, to), "latin1");
  }
}
