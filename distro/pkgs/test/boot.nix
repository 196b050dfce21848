# The kernel and QEMU of the package set, with nothing of the host: boots to a script of the initial RAM disk, inside a build.
{ runCommand, busybox-static, linuxPackages, qemu, cpio, lib, writeScript }:
let
  inherit (linuxPackages) kernel;
  init = writeScript "init" ''
    #!/bin/busybox sh
    /bin/busybox mount -t proc proc /proc
    read -r _ _ version _ < /proc/version
    echo "booted Linux $version"
    /bin/busybox poweroff -f
  '';
in
runCommand "test-boot"
  {
    nativeBuildInputs = [ qemu cpio ];
  }
  ''
    mkdir -p root/bin root/proc root/dev
    cp ${busybox-static}/bin/busybox root/bin/
    cp ${init} root/init
    (cd root && find . | cpio -o -H newc -R 0:0 --quiet) >initrd
    timeout 60 ${lib.getExe qemu} -nodefaults -no-user-config -display none -no-reboot -M q35 -cpu Nehalem -m 256 -vga std \
      -kernel ${kernel}/${kernel.bootFile} -initrd initrd -append "console=ttyS0 panic=-1 quiet" -serial stdio </dev/null | tee log
    grep -q "booted Linux ${kernel.modDirVersion}" log
    mkdir $out
    cp log $out/
  ''
