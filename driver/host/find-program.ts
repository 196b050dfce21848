/** Programs of the host, looked for on the path and where Debian keeps what only root usually runs. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { AppError } from "#store/std/app-error.ts";

const debianPackages: Readonly<Record<string, string>> = {
  "mkfs.erofs": "erofs-utils",
  mke2fs: "e2fsprogs",
  "qemu-img": "qemu-utils",
  "qemu-system-x86_64": "qemu-system-x86",
  "qemu-system-i386": "qemu-system-x86",
  "qemu-system-aarch64": "qemu-system-arm",
  "qemu-system-arm": "qemu-system-arm",
};

/** The program's absolute path, or `undefined`. */
export function findProgram(name: string, path: string = process.env["PATH"] ?? ""): string | undefined {
  const folders = [...path.split(delimiter).filter((folder) => folder !== ""), "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** @throws AppError `DRIVER_HOST_PROGRAM` (exit code 3) with the command that installs it */
export function requireProgram(name: string, path?: string): string {
  const found = findProgram(name, path);
  if (found !== undefined) return found;
  throw new AppError("DRIVER_HOST_PROGRAM", `The program '${name}' is not installed`, {
    hint: `run: apt-get install --no-install-recommends ${debianPackages[name] ?? name}`,
    exitCode: 3,
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
