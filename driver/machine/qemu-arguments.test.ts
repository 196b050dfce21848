import assert from "node:assert/strict";
import { test } from "node:test";
import type { MachineSpec } from "./machine-spec.ts";
import { type QemuPaths, qemuArguments, vlanMac } from "./qemu-arguments.ts";

const spec: MachineSpec = {
  format: 1,
  name: "server",
  system: "x86_64-linux",
  kernel: "/nix/store/k/vmlinux",
  initrd: "/nix/store/i/initrd",
  toplevel: "/nix/store/t",
  kernelParams: ["console=ttyS0", "quiet"],
  memoryMib: 512,
  cores: 2,
  machineType: "q35",
  cpu: "Nehalem",
  nodeNumber: 2,
  vlans: [1, 7],
  diskSizeMib: 1024,
  forwardPorts: [{ from: "host", proto: "tcp", host: { address: "", port: 2222 }, guest: { address: "", port: 22 } }],
  graphics: true,
  qemuOptions: ["-device", "usb-tablet"],
};

const paths: QemuPaths = {
  kernel: "/root/nix/store/k/vmlinux",
  initrd: "/root/nix/store/i/initrd",
  storeImage: "/images/a,b.erofs",
  rootDisk: "/run/root.qcow2",
  qmpSocket: "/run/qmp",
  shellSocket: "/run/shell",
  serialSocket: "/run/serial",
  vlanSockets: ["/run/n2-0", "/run/n2-1"],
};

test("qemuArguments: the whole command line", () => {
  const expected = `
-name server -nodefaults -no-user-config -display none -machine q35 -accel tcg,thread=multi -cpu Nehalem -smp 2 -m 512
-kernel /root/nix/store/k/vmlinux -initrd /root/nix/store/i/initrd -append console=ttyS0_quiet_init=/nix/store/t/init
-chardev socket,id=qmp,path=/run/qmp -mon chardev=qmp,mode=control
-chardev socket,id=serial,path=/run/serial -serial chardev:serial
-chardev socket,id=shell,path=/run/shell -device virtio-serial-pci -device virtconsole,chardev=shell
-object rng-random,id=rng,filename=/dev/urandom -device virtio-rng-pci,rng=rng
-drive if=none,id=store,file=/images/a,,b.erofs,format=raw,readonly=on -device virtio-blk-pci,drive=store,serial=nix-store
-drive if=none,id=root,file=/run/root.qcow2,format=qcow2,cache=unsafe,discard=unmap -device virtio-blk-pci,drive=root,serial=root
-netdev user,id=user,hostfwd=tcp:127.0.0.1:2222-:22 -device virtio-net-pci,netdev=user,id=nic0,romfile=,mac=52:54:00:13:00:02
-netdev stream,id=vlan1,server=off,addr.type=unix,addr.path=/run/n2-0 -device virtio-net-pci,netdev=vlan1,id=nic1,romfile=,mac=52:54:00:12:01:02
-netdev stream,id=vlan2,server=off,addr.type=unix,addr.path=/run/n2-1 -device virtio-net-pci,netdev=vlan2,id=nic2,romfile=,mac=52:54:00:12:07:02
-device VGA,id=display -device usb-tablet`;
  const actual = qemuArguments(spec, paths, "tcg").map((word) => word.replaceAll(" ", "_"));
  assert.deepEqual(actual, expected.trim().split(/\s+/));
});

test("qemuArguments: no disk, no store, no display, KVM", () => {
  const small = { ...spec, vlans: [], graphics: false, diskSizeMib: null, qemuOptions: [], forwardPorts: [] };
  const argv = qemuArguments(small, { ...paths, storeImage: null, rootDisk: null, vlanSockets: [] }, "kvm").join(" ");
  assert.doesNotMatch(argv, /-drive|stream|VGA|hostfwd/);
  assert.match(argv, /-accel kvm /);
});

test("qemuArguments: an init of the configuration is kept", () => {
  const argv = qemuArguments({ ...spec, kernelParams: ["init=/x"] }, paths, "tcg");
  assert.equal(argv[argv.indexOf("-append") + 1], "init=/x");
});

test("qemuArguments: an unknown system is refused", () => {
  assert.throws(() => qemuArguments({ ...spec, system: "vax-linux" }, paths, "tcg"), { code: "DRIVER_SYSTEM" });
});

test("vlanMac: VLAN and node in hexadecimal", () => {
  assert.equal(vlanMac(16, 254), "52:54:00:12:10:fe");
});
