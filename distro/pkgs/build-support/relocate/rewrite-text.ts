/*
 * Text files that name programs and files of a Debian system: the first line of scripts, units of systemd, services of
 * D-Bus, udev's rules, pkg-config files, linker scripts. A path is rewritten when the thing is in the output or in what
 * it depends on; all else stays, to be met on the running machine or not at all.
 */
import { isElf } from "./elf.ts";
import type { PackageTree } from "./package-tree.ts";
import type { PathFinder } from "./path-finder.ts";

const REWRITTEN =
  /^(?:lib|example)\/systemd\/|^share\/dbus-1\/|^lib\/udev\/rules\.d\/|\.pc$|^lib\/[^/]*\.so$|\.(?:la|desktop)$/;
const MAX_TEXT_BYTES = 4 * 2 ** 20;

const SYSTEM_PATH = /(?<![\w$.}%/])(?:\/usr)?\/(?:s?bin|lib(?:32|64|exec)?|share|include)\/[\w@%+.,:~/-]*\w/g;
const BARE_COMMAND = /^(Exec\w+=[-@:+!|]*)([\w.-]+)(?=\s|$)/gm;

export function rewriteTexts(tree: PackageTree, finder: PathFinder): void {
  for (const [place, file] of tree.files) {
    if (!isRewritten(place, file.contents)) continue;
    const text = file.contents.toString("latin1");
    const rewritten = rewriteText(text, finder);
    if (rewritten !== text) file.contents = Buffer.from(rewritten, "latin1");
  }
}

/** All paths in a text that lead to something known. */
export function rewriteText(text: string, finder: PathFinder): string {
  return text
    .replace(/^#! ?\/usr\/bin\/env (?:-S )?([\w.-]+)/, (line, name: string) => {
      const program = finder.find(`/bin/${name}`);
      return program === null ? line : `#!${program}`;
    })
    .replace(SYSTEM_PATH, (path) => finder.find(path) ?? path)
    .replace(BARE_COMMAND, (line, prefix: string, name: string) => {
      const program = finder.find(`/bin/${name}`);
      return program === null ? line : `${prefix}${program}`;
    });
}

function isRewritten(place: string, contents: Buffer): boolean {
  if (contents.length > MAX_TEXT_BYTES || isElf(contents)) return false;
  const isScript = contents[0] === 0x23 && contents[1] === 0x21;
  return isScript || (REWRITTEN.test(place) && !contents.includes(0));
}
