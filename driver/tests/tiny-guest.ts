/**
 * A guest for the driver's own tests that does not need the distribution: Debian's kernel and an initrd of static busybox
 * and bash, from the host's package sources. It boots in about 2 s, speaks the root shell's protocol on hvc0, has its
 * VLAN interfaces configured, and knows `reboot` and `poweroff`. What a test wants to go wrong is asked on the kernel
 * command line: `firn.fail=panic|hang|noshell|oneshell`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { ignoreCode } from "#store/std/system-error.ts";
import { findProgram } from "../host/find-program.ts";
import type { MachineSpec } from "../machine/machine-spec.ts";

export interface TinyGuest {
  readonly kernel: string;
  readonly initrd: string;
}

const modules = ["virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci"];
const deviceModules = ["virtio_console", "virtio_blk", "failover", "net_failover", "virtio_net"];
const fileSystems = ["crc32c_generic", "libcrc32c", "erofs", "crc16", "mbcache", "jbd2", "ext4"];

/** Why the guest cannot be made here, or `false`: what node:test takes as `skip`. */
export function skipTinyGuest(): string | false {
  const missing = ["qemu-system-x86_64", "apt-get", "dpkg-deb", "xz"].filter((name) => findProgram(name) === undefined);
  return missing.length === 0 ? false : `missing on this host: ${missing.join(", ")}`;
}

/** Made once for each kernel version and kept in the cache folder of the user's temporary files. */
export function tinyGuest(): TinyGuest {
  const cache = join(tmpdir(), `firn-tiny-guest-${process.getuid?.() ?? 0}-5`);
  if (!existsSync(cache)) make(cache);
  return { kernel: join(cache, "vmlinux"), initrd: join(cache, "initrd") };
}

export function tinySpec(guest: TinyGuest, changes: Partial<MachineSpec> = {}): MachineSpec {
  return {
    format: 1,
    name: "tiny",
    system: "x86_64-linux",
    ...guest,
    toplevel: "/none",
    kernelParams: [
      "console=ttyS0",
      "panic=-1",
      "quiet",
      "mitigations=off",
      "tsc=reliable",
      "no_timer_check",
      "nokaslr",
    ],
    memoryMib: 256,
    cores: 1,
    machineType: "q35",
    cpu: "Nehalem",
    nodeNumber: 1,
    vlans: [],
    diskSizeMib: null,
    forwardPorts: [],
    graphics: true,
    qemuOptions: [],
    ...changes,
  };
}

function make(cache: string): void {
  const folder = mkdtempSync(join(tmpdir(), "firn-tiny-"));
  try {
    const tree = unpackPackages(folder);
    const made = join(folder, "made");
    mkdirSync(made);
    writeFileSync(join(made, "vmlinux"), extractKernel(tree));
    writeFileSync(join(made, "initrd"), makeInitrd(tree));
    // Another test may have been quicker; what it made is the same.
    ignoreCode("ENOTEMPTY", () => renameSync(made, cache));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function unpackPackages(folder: string): string {
  const kernel = kernelPackage();
  execFileSync("apt-get", ["download", "-q", kernel, "busybox-static", "bash-static"], { cwd: folder, stdio: "pipe" });
  const tree = join(folder, "tree");
  for (const name of readdirSync(folder).filter((entry) => entry.endsWith(".deb"))) {
    execFileSync("dpkg-deb", ["-x", join(folder, name), tree]);
  }
  return tree;
}

/** The package of the kernel that this host's Debian has now; a host whose apt has no lists yet gets them first. */
function kernelPackage(): string {
  const ask = (): string | undefined => {
    const { stdout } = spawnSync("apt-cache", ["depends", "linux-image-amd64"], { encoding: "utf8" });
    return /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
  };
  const known = ask();
  if (known !== undefined) return known;
  execFileSync("apt-get", ["update", "-qq"], { stdio: "pipe" });
  return ask() ?? "linux-image-amd64";
}

/** Debian 13 has everything below /usr. */
function inTree(tree: string, path: string): string {
  return [join(tree, path), join(tree, "usr", path)].find((candidate) => existsSync(candidate)) ?? join(tree, path);
}

/** A kernel module as it is loaded; Debian 13 packs them. */
function readModule(path: string): Buffer {
  return path.endsWith(".xz") ? execFileSync("xz", ["-dc", path], { maxBuffer: 1 << 28 }) : readFileSync(path);
}

const zstdMagic = 0xfd2fb528;

/** The ELF kernel inside a bzImage: payload offset and length stand in the set-up header (x86 boot protocol 2.08). */
function extractKernel(tree: string): Buffer {
  const boot = join(tree, "boot");
  const name = readdirSync(boot).find((entry) => entry.startsWith("vmlinuz-")) ?? "";
  const image = readFileSync(join(boot, name));
  const start = ((image[0x1f1] ?? 4) + 1) * 512 + image.readUInt32LE(0x248);
  const payload = image.subarray(start, start + image.readUInt32LE(0x24c) - 4);
  if (payload.readUInt32LE(0) === zstdMagic) return zstdDecompressSync(payload);
  return execFileSync("xz", ["-dc", "--single-stream"], {
    input: payload,
    maxBuffer: 1 << 28,
    stdio: ["pipe", "pipe", "ignore"],
  });
}

function makeInitrd(tree: string): Buffer {
  const archive = new Cpio();
  for (const folder of ["bin", "dev", "etc", "proc", "sys", "run", "tmp", "mnt", "lib"]) archive.folder(folder);
  archive.device("dev/console", 5, 1);
  archive.file("bin/busybox", readFileSync(inTree(tree, "bin/busybox")), 0o755);
  archive.file("bin/bash", readFileSync(inTree(tree, "bin/bash-static")), 0o755);
  const paths = moduleFiles(inTree(tree, "lib/modules"));
  const wanted = [...modules, ...deviceModules, ...fileSystems];
  for (const name of wanted) {
    const path = paths.get(name);
    if (path !== undefined) archive.file(`lib/${name}.ko`, readModule(path), 0o644);
  }
  archive.file("init", Buffer.from(initScript(wanted)), 0o755);
  return archive.end();
}

function moduleFiles(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const [, name] = /^(.+)\.ko(?:\.xz)?$/.exec(entry.name) ?? [];
    if (name !== undefined) found.set(name.replaceAll("-", "_"), join(entry.parentPath, entry.name));
  }
  return found;
}

function initScript(wanted: readonly string[]): string {
  return `#!/bin/bash
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs run /run
ln -s /proc/self/fd /dev/fd
for module in ${wanted.join(" ")}; do [ -e /lib/$module.ko ] && insmod /lib/$module.ko; done
read -r line </proc/cmdline
for word in $line; do case $word in firn.fail=*) failure=\${word#*=};; firn.address=*) address=\${word#*=};; esac; done
echo "tiny guest: init, failure '$failure'"
[ "$failure" = panic ] && echo c >/proc/sysrq-trigger
[ "$failure" = hang ] && while :; do sleep 1000; done
ip link set lo up
[ -n "$address" ] && ip addr add $address dev eth1 && ip link set eth1 up
for disk in /dev/vdb /dev/vda; do [ -b $disk ] && mount -t ext4 $disk /mnt && break; done
printf '#!/bin/bash\\nsync; umount /mnt 2>/dev/null; /bin/busybox reboot -f\\n' >/bin/reboot.new; chmod +x /bin/reboot.new; mv /bin/reboot.new /bin/reboot
printf '#!/bin/bash\\nsync; umount /mnt 2>/dev/null; /bin/busybox poweroff -f\\n' >/bin/poweroff.new; chmod +x /bin/poweroff.new; mv /bin/poweroff.new /bin/poweroff
[ "$failure" = noshell ] && while :; do sleep 1000; done
cd /tmp
exec 9<>/dev/hvc0
while [ -c /dev/hvc0 ]; do
  stty -F /dev/hvc0 raw -echo
  echo "Spawning backdoor root shell..." >/dev/hvc0
  PS1="" USER=root HOME=/root bash --norc /dev/hvc0 </dev/hvc0 >/dev/hvc0
  echo "tiny guest: backdoor.service: Main process exited"
  [ "$failure" = oneshell ] && break
done
while :; do sleep 1000; done
`;
}

/** The archive format of an initrd: cpio "newc". */
class Cpio {
  readonly #parts: Buffer[] = [];
  #inode = 1;

  folder(name: string): void {
    this.#entry(name, 0o40755, Buffer.alloc(0));
  }

  file(name: string, content: Buffer, mode: number): void {
    this.#entry(name, 0o100000 | mode, content);
  }

  device(name: string, major: number, minor: number): void {
    this.#entry(name, 0o20600, Buffer.alloc(0), [major, minor]);
  }

  end(): Buffer {
    this.#entry("TRAILER!!!", 0, Buffer.alloc(0));
    return Buffer.concat(this.#parts);
  }

  #entry(name: string, mode: number, content: Buffer, device: readonly [number, number] = [0, 0]): void {
    const fields = [this.#inode++, mode, 0, 0, 1, 0, content.length, 0, 0, ...device, name.length + 1, 0];
    const head = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}${name}\0`;
    this.#parts.push(pad(Buffer.from(head, "latin1")), pad(content));
  }
}

function pad(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
}
