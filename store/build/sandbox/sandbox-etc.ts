/** The files of /etc in a sandbox, as Nix has them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILES: Readonly<Record<string, string>> = {
  passwd: `root:x:0:0:Nix build user:/build:/noshell
nixbld:x:1000:100:Nix build user:/build:/noshell
nobody:x:65534:65534:Nobody:/:/noshell
`,
  group: `root:x:0:
nixbld:!:100:
nogroup:x:65534:
`,
  hosts: `127.0.0.1 localhost
::1 localhost
`,
  "nsswitch.conf": `hosts: files dns
services: files
`,
};

/** Writes them to a folder inside `parent` and returns it. */
export function writeSandboxEtc(parent: string): string {
  const folder = join(parent, "etc");
  mkdirSync(folder);
  for (const [name, contents] of Object.entries(FILES)) writeFileSync(join(folder, name), contents);
  return folder;
}
