# systemd as PID 1 on a root that has a store, /etc and what the boot makes, but no /lib and no /usr: reaches a target, its
# helpers run (udev, tmpfiles, modules through /run/modules), and it powers off by itself.
{
  runCommand, busybox-static, linuxPackages, qemu, cpio, lib, writeScript, writeText, systemd, closureInfo, util-linux, coreutils, kmod, bash, nssModules,
}:
let
  inherit (linuxPackages) kernel;

  units = runCommand "units" { } ''
    mkdir -p $out/sysinit.target.wants $out/sockets.target.wants $out/check.target.wants
    from=${systemd}/example/systemd/system
    for unit in sysinit.target basic.target sockets.target timers.target paths.target slices.target local-fs.target swap.target shutdown.target umount.target \
      final.target poweroff.target systemd-poweroff.service systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket \
      systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-udev-trigger.service systemd-tmpfiles-setup-dev.service \
      systemd-tmpfiles-setup.service kmod-static-nodes.service modprobe@.service systemd-remount-fs.service; do
      cp -d $from/$unit $out/
    done
    for unit in systemd-journald systemd-udevd systemd-udev-trigger systemd-tmpfiles-setup-dev systemd-tmpfiles-setup kmod-static-nodes; do
      ln -s ../$unit.service $out/sysinit.target.wants/
    done
    for unit in systemd-journald.socket systemd-journald-dev-log.socket systemd-udevd-kernel.socket systemd-udevd-control.socket; do
      ln -s ../$unit $out/sockets.target.wants/
    done
    cp ${check} $out/check.service
    cp ${writeText "check.target" "[Unit]\nRequires=basic.target\nAfter=basic.target\nAllowIsolate=yes\n"} $out/check.target
    ln -s ../check.service $out/check.target.wants/
  '';

  check = writeText "check.service" ''
    [Unit]
    Wants=modprobe@dummy.service
    After=basic.target modprobe@dummy.service
    [Service]
    Type=oneshot
    Environment=PATH=${lib.makeBinPath [ coreutils systemd util-linux bash kmod ]}
    StandardOutput=tty
    TTYPath=/dev/ttyS0
    ExecStart=${bash}/bin/bash -c 'systemctl is-active systemd-udevd systemd-journald && udevadm info /dev/ttyS0 | head -n 1 && systemctl --failed --no-legend && [ -e /sys/module/dummy ] && mount -t tmpfs none /mnt && getent=$(id 0) && echo check passed'
    ExecStopPost=${systemd}/bin/systemctl poweroff
  '';

  etc = runCommand "etc" { } ''
    mkdir -p $out/systemd $out/udev
    cp -r ${units} $out/systemd/system
    ln -s ${systemd}/lib/udev/rules.d $out/udev/rules.d
    ln -s ${systemd}/lib/tmpfiles.d $out/tmpfiles.d
    ln -s ${nssModules}/etc/ld.so.cache $out/ld.so.cache
    echo "root:x:0:0::/root:${bash}/bin/bash" >$out/passwd
    printf '%s\n' root:x:0: tty:x:5: disk:x:6: kmem:x:7: systemd-journal:x:8: input:x:9: audio:x:10: video:x:11: lp:x:12: cdrom:x:13: dialout:x:14: tape:x:15: render:x:16: kvm:x:17: sgx:x:18: utmp:x:19: >$out/group
    printf '%s\n' 'passwd: files systemd' 'group: files systemd' >$out/nsswitch.conf
    echo 0123456789abcdef0123456789abcdef >$out/machine-id
    : >$out/os-release
  '';

  init = writeScript "init" ''
    #!/bin/busybox sh
    busybox=/bin/busybox
    $busybox mount -t proc proc /proc
    $busybox mount -t sysfs sysfs /sys
    $busybox mount -t devtmpfs devtmpfs /dev
    $busybox mount -t tmpfs tmpfs /run
    $busybox mkdir -p /run/s /run/booted-system
    $busybox ln -s / /run/booted-system/kernel-modules
    ${lib.concatStrings (lib.mapAttrsToList (name: target: "$busybox ln -s ${target} ${name}\n") systemd.runtimeLinks)}
    exec ${systemd}/lib/systemd/systemd --unit=check.target
  '';
in
runCommand "test-systemd"
  {
    nativeBuildInputs = [ qemu cpio ];
    closure = closureInfo { rootPaths = [ systemd etc coreutils util-linux bash kmod nssModules ]; };
  }
  ''
    modules=lib/modules/${kernel.modDirVersion}
    mkdir -p root/bin root/proc root/sys root/dev root/run root/mnt root/tmp root/var root/root root/nix/store root/$modules/kernel/drivers/net
    cp ${busybox-static}/bin/busybox root/bin/
    cp ${init} root/init
    cp -r ${etc} root/etc
    chmod -R u+w root/etc
    cp ${kernel}/$modules/modules.* root/$modules/
    cp ${kernel}/$modules/kernel/drivers/net/dummy.ko root/$modules/kernel/drivers/net/
    (cd root && cp -r $(cat $closure/store-paths) nix/store/ && find . | cpio -o -H newc -R 0:0 --quiet) >initrd
    timeout 120 ${lib.getExe qemu} -nodefaults -no-user-config -display none -no-reboot -M q35 -cpu Nehalem -m 1024 -smp 2 \
      -kernel ${kernel}/${kernel.bootFile} -initrd initrd -append "console=ttyS0 panic=-1 quiet systemd.log_color=0 mitigations=off" -serial stdio </dev/null | tee log
    grep -q "check passed" log
    mkdir $out
    cp log $out/
  ''
