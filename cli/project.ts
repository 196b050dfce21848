/** Where the parts of this Firn that are not TypeScript lie. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const projectFolder: string = dirname(dirname(fileURLToPath(import.meta.url)));
export const distroFolder: string = join(projectFolder, "distro");
export const releaseFileOfProject: string = join(distroFolder, "release.nix");
