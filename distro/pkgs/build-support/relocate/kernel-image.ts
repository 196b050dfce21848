/*
 * The parts of a Linux package that Debian makes at installation, and the ELF kernel inside its compressed image, which
 * QEMU starts through PVH without decompressing anything. Where the payload lies stands in the setup header ("The Linux/x86
 * Boot Protocol"): payload_offset at 0x248 counts from the end of the setup sectors, payload_length at 0x24c.
 */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isElf } from "./elf.ts";
import type { PackageTree } from "./package-tree.ts";
import { decompressXz } from "./read-deb.ts";
import type { RelocationSpec } from "./relocation-spec.ts";

const XZ_MAGIC = 0xfd377a58;
const BOOT_HEADER_MAGIC = "HdrS";

/** Moves `boot/vmlinuz-*` and its neighbours to names without a version; adds `vmlinux` where the image is compressed. */
export function layOutKernel(tree: PackageTree, spec: RelocationSpec): void {
  for (const [place, file] of [...tree.files]) {
    const name = /^boot\/(vmlinuz|config)-/.exec(place)?.[1];
    if (name === undefined) continue;
    tree.files.delete(place);
    if (name !== "vmlinuz") tree.files.set(name, file);
    else {
      const image = unpackKernelImage(file.contents, spec);
      tree.files.set(image === null ? "Image" : "bzImage", { contents: file.contents, executable: false });
      if (image !== null) tree.files.set("vmlinux", { contents: image, executable: false });
    }
  }
}

function unpackKernelImage(image: Buffer, spec: RelocationSpec): Buffer | null {
  if (image.toString("latin1", 0x202, 0x206) !== BOOT_HEADER_MAGIC) return null;
  const start = ((image[0x1f1] ?? 0) + 1) * 512 + image.readUInt32LE(0x248);
  const payload = image.subarray(start, start + image.readUInt32LE(0x24c));
  if (payload.readUInt32BE(0) !== XZ_MAGIC) throw new Error("Unpack kernel image: it is not compressed by xz");
  const kernel = decompressXz(payload.subarray(0, payload.length - 4), spec.tools.xz);
  if (!isElf(kernel)) throw new Error("Unpack kernel image: no ELF file came out");
  return kernel;
}

/** Writes `modules.dep` and its kin with depmod. */
export function listModuleDependencies(out: string, spec: RelocationSpec): void {
  const [command = "depmod", ...prefix] = spec.tools.depmod ?? [];
  for (const version of readdirSync(join(out, "lib/modules"))) {
    execFileSync(command, [...prefix, "-b", out, version], { stdio: "inherit" });
  }
}
