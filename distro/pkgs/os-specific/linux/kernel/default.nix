# Debian's kernel: `vmlinux` (an ELF file that QEMU starts through PVH) and `bzImage` or `Image` at the top, modules in
# lib/modules with their dependencies listed.
{ lib, seeds, stdenv }:
let
  name = lib.findFirst (candidate: builtins.match "linux-image-[0-9].*" candidate != null) (throw "The seeds have no kernel") (builtins.attrNames seeds);
  kernel = seeds.${name};
  modDirVersion = lib.removePrefix "linux-image-" name;
in
kernel
// {
  pname = "linux";
  inherit modDirVersion;
  imageFile = if stdenv.hostPlatform.isx86_64 then "bzImage" else "Image";
  target = if stdenv.hostPlatform.isx86_64 then "bzImage" else "Image";
  # what QEMU's -kernel is given
  bootFile = if stdenv.hostPlatform.isx86_64 then "vmlinux" else "Image";
  configfile = "${kernel}/config";
  isModular = true;
  features = { };
  kernelOlder = lib.versionOlder kernel.version;
  kernelAtLeast = lib.versionAtLeast kernel.version;
  modules = kernel;
  meta = kernel.meta // {
    description = "The Linux kernel, as Debian builds it";
  };
}
