# QEMU with its firmware: it finds share/qemu and its modules beside its own programs.
{ seeds, stdenv }:
seeds.qemu
// {
  meta = seeds.qemu.meta // {
    mainProgram = "qemu-system-${stdenv.hostPlatform.qemuArch}";
  };
}
