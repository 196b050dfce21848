/**
 * The command line of QEMU for one machine: a pure function, so that the same machine always gets the same argv (a
 * snapshot can only be restored into the same one).
 *
 * The order of devices is a contract with the guest: the first virtio disk is the store image (/dev/vda), the second the
 * root disk (/dev/vdb); the first NIC is the user-mode network (eth0), then one NIC a VLAN (eth1..). QEMU is the client of
 * every socket: the driver listens before QEMU starts, so nothing has to be polled. Reboots are allowed here and told
 * from crashes by QMP's RESET event. NICs have no boot ROM, which would cost half a second of each boot.
 */
import { AppError } from "#store/std/app-error.ts";
import type { ForwardPort, MachineSpec } from "./machine-spec.ts";

/** Paths on this host that go into the command line. */
export interface QemuPaths {
  readonly kernel: string;
  readonly initrd: string;
  /** Read-only erofs image with the contents of /nix/store; `null` for guests that live in their initrd. */
  readonly storeImage: string | null;
  /** qcow2 root disk; `null` when the root is a tmpfs. */
  readonly rootDisk: string | null;
  readonly qmpSocket: string;
  readonly shellSocket: string;
  readonly serialSocket: string;
  /** One switch socket for each entry of `spec.vlans`, in the same order. */
  readonly vlanSockets: readonly string[];
}

export type AcceleratorName = "kvm" | "tcg";

interface Architecture {
  readonly program: string;
  readonly debianPackage: string;
  /** How virtio devices are called on this machine type. */
  readonly display: readonly string[];
}

const architectures: Readonly<Record<string, Architecture>> = {
  "x86_64-linux": {
    program: "qemu-system-x86_64",
    debianPackage: "qemu-system-x86",
    display: ["-device", "VGA,id=display"],
  },
  "i686-linux": {
    program: "qemu-system-i386",
    debianPackage: "qemu-system-x86",
    display: ["-device", "VGA,id=display"],
  },
  "aarch64-linux": {
    program: "qemu-system-aarch64",
    debianPackage: "qemu-system-arm",
    display: ["-device", "virtio-gpu-pci,id=display", "-device", "qemu-xhci", "-device", "usb-kbd"],
  },
  "armv7l-linux": {
    program: "qemu-system-arm",
    debianPackage: "qemu-system-arm",
    display: ["-device", "virtio-gpu-pci,id=display", "-device", "qemu-xhci", "-device", "usb-kbd"],
  },
};

/** The QEMU program for a system, and the Debian package that has it. */
export function qemuProgram(system: string): { readonly program: string; readonly debianPackage: string } {
  return architecture(system);
}

/** Interfaces are numbered from 1 in the order of `spec.vlans`: `vlan1` is eth1. */
export function vlanDeviceId(index: number): string {
  return `vlan${index + 1}`;
}

/** `52:54:00:12:<hex vlan>:<hex node>`, as NixOS has it. */
export function vlanMac(vlan: number, nodeNumber: number): string {
  return `52:54:00:12:${hexByte(vlan)}:${hexByte(nodeNumber)}`;
}

export function qemuArguments(spec: MachineSpec, paths: QemuPaths, accelerator: AcceleratorName): string[] {
  return [
    ...["-name", spec.name, "-nodefaults", "-no-user-config", "-display", "none"],
    ...["-machine", spec.machineType, "-accel", accelerator === "tcg" ? "tcg,thread=multi" : "kvm", "-cpu", spec.cpu],
    ...["-smp", String(spec.cores), "-m", String(spec.memoryMib)],
    ...["-kernel", paths.kernel, "-initrd", paths.initrd, "-append", kernelCommandLine(spec)],
    ...channels(paths),
    ...["-object", "rng-random,id=rng,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=rng"],
    ...disks(paths),
    ...network(spec, paths),
    ...(spec.graphics ? architecture(spec.system).display : []),
    ...spec.qemuOptions,
  ];
}

function kernelCommandLine(spec: MachineSpec): string {
  const init = spec.kernelParams.some((param) => param.startsWith("init=")) ? [] : [`init=${spec.toplevel}/init`];
  return [...spec.kernelParams, ...init].join(" ");
}

function channels(paths: QemuPaths): string[] {
  return [
    ...["-chardev", `socket,id=qmp,path=${escapeComma(paths.qmpSocket)}`, "-mon", "chardev=qmp,mode=control"],
    ...["-chardev", `socket,id=serial,path=${escapeComma(paths.serialSocket)}`, "-serial", "chardev:serial"],
    ...["-chardev", `socket,id=shell,path=${escapeComma(paths.shellSocket)}`],
    ...["-device", "virtio-serial-pci", "-device", "virtconsole,chardev=shell"],
  ];
}

/** `cache=unsafe`: a guest's flushes do not wait for the host's disk; what QEMU wrote survives the guest, not the host. */
function disks(paths: QemuPaths): string[] {
  const argv: string[] = [];
  if (paths.storeImage !== null) {
    argv.push("-drive", `if=none,id=store,file=${escapeComma(paths.storeImage)},format=raw,readonly=on`);
    argv.push("-device", "virtio-blk-pci,drive=store,serial=nix-store");
  }
  if (paths.rootDisk !== null) {
    argv.push("-drive", `if=none,id=root,file=${escapeComma(paths.rootDisk)},format=qcow2,cache=unsafe,discard=unmap`);
    argv.push("-device", "virtio-blk-pci,drive=root,serial=root");
  }
  return argv;
}

function network(spec: MachineSpec, paths: QemuPaths): string[] {
  const argv = ["-netdev", `user,id=user${spec.forwardPorts.map(forwardRule).join("")}`];
  argv.push("-device", `virtio-net-pci,netdev=user,id=nic0,romfile=,mac=52:54:00:13:00:${hexByte(spec.nodeNumber)}`);
  for (const [index, vlan] of spec.vlans.entries()) {
    const id = vlanDeviceId(index);
    const socket = escapeComma(paths.vlanSockets[index] ?? "");
    argv.push("-netdev", `stream,id=${id},server=off,addr.type=unix,addr.path=${socket}`);
    argv.push(
      "-device",
      `virtio-net-pci,netdev=${id},id=nic${index + 1},romfile=,mac=${vlanMac(vlan, spec.nodeNumber)}`,
    );
  }
  return argv;
}

/** Only from the host's loopback, unless the configuration names an address. */
function forwardRule({ from, proto, host, guest }: ForwardPort): string {
  const hostAddress = host.address === "" ? "127.0.0.1" : host.address;
  if (from === "host") return `,hostfwd=${proto}:${hostAddress}:${host.port}-${guest.address}:${guest.port}`;
  return `,guestfwd=${proto}:${guest.address}:${guest.port}-${proto}:${hostAddress}:${host.port}`;
}

function architecture(system: string): Architecture {
  const found = architectures[system];
  if (found !== undefined) return found;
  throw new AppError("DRIVER_SYSTEM", `There is no machine type for system '${system}'`, {
    hint: `known are ${Object.keys(architectures).join(", ")}`,
  });
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, "0");
}

/** In QEMU's option lists a comma in a value is doubled. */
function escapeComma(value: string): string {
  return value.replaceAll(",", ",,");
}
