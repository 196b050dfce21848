# The machine as a virtual one: its disks and devices are those that the driver makes, see "A machine, as the
# driver sees it" in ARCHITECTURE.md. `system.build.vm` describes it; no disk image is built.
{ config, lib, pkgs, options, ... }:
let
  inherit (lib) mkOption types mkVMOverride mkDefault mkIf;
  cfg = config.virtualisation;

  machine = {
    format = 1;
    name = config.system.name;
    system = pkgs.stdenv.hostPlatform.system;
    kernel = "${config.boot.kernelPackages.kernel}/${kernelFile}";
    initrd = "${config.system.build.initialRamdisk}/initrd";
    toplevel = "${config.system.build.toplevel}";
    kernelParams = config.boot.kernelParams ++ [ "init=${config.system.build.toplevel}/init" ];
    memoryMib = cfg.memorySize;
    cores = cfg.cores;
    machineType = cfg.qemu.machineType;
    cpu = cfg.qemu.cpu;
    nodeNumber = cfg.nodeNumber;
    vlans = cfg.allVlans;
    diskSizeMib = if cfg.diskImage == null then null else cfg.diskSize;
    forwardPorts = map (p: { inherit (p) from proto; host = { inherit (p.host) address port; }; guest = { inherit (p.guest) address port; }; }) cfg.forwardPorts;
    graphics = cfg.graphics;
    qemuOptions = cfg.qemu.options;
  };
  # The store's image, whose root folder holds what /nix/store holds.
  storeImage = { device = "/dev/vda"; fsType = "erofs"; options = [ "ro" ]; neededForBoot = true; noCheck = true; };
  # QEMU starts an uncompressed x86 kernel straight away (PVH); the others come as their boot image.
  kernelFile = if pkgs.stdenv.hostPlatform.isx86_64 then "vmlinux" else pkgs.stdenv.hostPlatform.linux-kernel.target;

  serial = if pkgs.stdenv.hostPlatform.isAarch then "ttyAMA0" else "ttyS0";

  unfenced.serviceConfig = lib.genAttrs [
    "SystemCallFilter" "SystemCallArchitectures" "SystemCallErrorNumber" "IPAddressDeny" "RestrictAddressFamilies" "RestrictNamespaces" "RestrictRealtime"
    "RestrictSUIDSGID" "MemoryDenyWriteExecute" "LockPersonality" "ProtectClock" "ProtectKernelLogs" "ProtectKernelModules" "ProtectKernelTunables" "ProtectHostname" "ProtectControlGroups" "ProtectHome" "ProtectSystem"
    "PrivateTmp" "PrivateMounts" "DeviceAllow" "NoNewPrivileges"
  ] (name: mkDefault (if builtins.elem name multiple then [ "" ] else false));
  # Settings that name several things are emptied, the others switched off.
  multiple = [ "SystemCallFilter" "SystemCallArchitectures" "SystemCallErrorNumber" "IPAddressDeny" "RestrictAddressFamilies" "DeviceAllow" ];

  closure = pkgs.closureInfo { rootPaths = [ config.system.build.toplevel ] ++ cfg.additionalPaths; };
  vm = pkgs.runCommand "nixos-vm-${config.system.name}" { preferLocalBuild = true; passAsFile = [ "machine" ]; machine = builtins.toJSON machine; } ''
    mkdir -p $out
    cp "$machinePath" $out/machine.json
    cp ${closure}/store-paths $out/store-paths
  '';
  portOptions = {
    address = mkOption { type = types.str; default = ""; description = "Address."; };
    port = mkOption { type = types.port; description = "Port."; };
  };
in
{
  options.virtualisation = {
    memorySize = mkOption { type = types.ints.positive; default = 512; description = "Memory in MiB."; };
    msize = mkOption { type = types.ints.positive; default = 16384; internal = true; description = "Ignored: no folder is shared."; };
    cores = mkOption { type = types.ints.positive; default = 2; description = "Number of processors."; };
    diskSize = mkOption { type = types.ints.positive; default = 1024; description = "Size of the root disk in MiB."; };
    diskImage = mkOption { type = types.nullOr types.str; default = "./${config.system.name}.qcow2"; description = "Whether there is a root disk; null puts the root file system into memory. The driver keeps the disk where it keeps all of the machine."; };
    emptyDiskImages = mkOption { type = types.listOf types.ints.positive; default = [ ]; description = "Sizes in MiB of further, empty disks; not part of the machine's description yet."; };
    graphics = mkOption { type = types.bool; default = true; description = "Whether the machine has a screen."; };
    resolution = mkOption { type = types.attrsOf types.int; default = { x = 1280; y = 800; }; internal = true; description = "Size of the screen."; };
    vlans = mkOption { type = types.listOf types.ints.unsigned; default = if config.virtualisation.interfaces == { } then [ 1 ] else [ ]; description = "Networks that the machine is part of, one interface for each from eth1 on."; };
    interfaces = mkOption {
      default = { };
      type = types.attrsOf (types.submodule {
        options.vlan = mkOption { type = types.ints.unsigned; description = "Network."; };
        options.assignIP = mkOption { type = types.bool; default = false; description = "Whether the interface gets the node's address."; };
      });
      description = "Named interfaces; not part of the machine's description yet.";
    };
    allVlans = mkOption { type = types.listOf types.ints.unsigned; internal = true; readOnly = true; default = cfg.vlans; description = "Networks of all interfaces."; };
    nodeNumber = mkOption { type = types.ints.between 1 254; default = 1; internal = true; description = "Number of the machine in its test; part of addresses."; };
    forwardPorts = mkOption {
      default = [ ];
      type = types.listOf (
        types.submodule {
          options.from = mkOption { type = types.enum [ "host" "guest" ]; default = "host"; description = "Direction."; };
          options.proto = mkOption { type = types.enum [ "tcp" "udp" ]; default = "tcp"; description = "Protocol."; };
          options.host = portOptions;
          options.guest = portOptions;
        }
      );
      example = [ { from = "host"; host.port = 2222; guest.port = 22; } ];
      description = "Ports of the host that lead into the machine.";
    };
    restrictNetwork = mkOption { type = types.bool; default = false; internal = true; description = "Not part of the machine's description yet."; };
    additionalPaths = mkOption { type = types.listOf types.path; default = [ ]; description = "Further paths in the machine's store."; };
    writableStore = mkOption { type = types.bool; default = false; description = "Whether the store can be written to, in memory over the image."; };
    useNixStoreImage = mkOption { type = types.bool; default = true; internal = true; description = "Always so."; };
    mountHostNixStore = mkOption { type = types.bool; default = false; internal = true; description = "Never so."; };
    sharedDirectories = mkOption { type = types.attrsOf types.attrs; default = { }; internal = true; description = "No folder is shared: a shared one stands in the way of snapshots."; };
    useBootLoader = mkOption { type = types.bool; default = false; description = "Whether the machine boots through its boot loader; not supported yet."; };
    useEFIBoot = mkOption { type = types.bool; default = false; description = "Whether the machine has EFI firmware; not supported yet."; };
    useDefaultFilesystems = mkOption { type = types.bool; default = true; internal = true; description = "Whether the root file system is that of the virtual machine."; };
    qemu.options = mkOption { type = types.listOf types.str; default = [ ]; example = [ "-vga std" ]; description = "Further arguments of QEMU."; };
    qemu.machineType = mkOption { type = types.str; default = if pkgs.stdenv.hostPlatform.isx86 then "q35" else "virt"; internal = true; description = "QEMU's machine."; };
    qemu.cpu = mkOption {
      type = types.str;
      default = if pkgs.stdenv.hostPlatform.isx86_64 then "Nehalem" else if pkgs.stdenv.hostPlatform.isAarch64 then "cortex-a72" else if pkgs.stdenv.hostPlatform.isAarch32 then "cortex-a15" else "qemu32";
      internal = true;
      description = "QEMU's processor.";
    };
    fileSystems = mkOption { type = options.fileSystems.type; default = { }; description = "Further file systems of the virtual machine."; };
    # What only a machine of another kind reads.
    vmVariant = mkOption { type = types.unspecified; default = { }; visible = false; description = "Configuration of the virtual machine alone."; };
  };

  config = {
    assertions =
      map (name: { assertion = !cfg.${name}; message = "virtualisation.${name} is not supported yet."; }) [ "useBootLoader" "useEFIBoot" "restrictNetwork" ]
      ++ map (name: { assertion = cfg.${name} == [ ] || cfg.${name} == { }; message = "virtualisation.${name} is not supported yet."; }) [ "emptyDiskImages" "interfaces" "sharedDirectories" ];

    fileSystems = mkVMOverride (
      {
        "/" =
          if cfg.diskImage == null then
            { fsType = "tmpfs"; options = [ "mode=0755" ]; neededForBoot = true; }
          else
            { device = "/dev/vdb"; fsType = "ext4"; options = [ "noatime" ]; noCheck = true; };
        "/nix/store" =
          if cfg.writableStore then
            {
              device = "overlay";
              fsType = "overlay";
              options = [ "lowerdir=/mnt-root/nix/.ro-store" "upperdir=/mnt-root/nix/.rw-store/upper" "workdir=/mnt-root/nix/.rw-store/work" ];
              depends = [ "/nix/.ro-store" "/nix/.rw-store" ];
              neededForBoot = true;
            }
          else
            storeImage;
      }
      // lib.optionalAttrs cfg.writableStore {
        "/nix/.ro-store" = storeImage;
        "/nix/.rw-store" = { fsType = "tmpfs"; options = [ "mode=0755" ]; neededForBoot = true; };
      }
      // cfg.fileSystems
    );
    swapDevices = mkVMOverride [ ];
    # An RSA key takes minutes where there is no hardware virtualisation.
    services.openssh.hostKeys = mkDefault [ { type = "ed25519"; path = "/etc/ssh/ssh_host_ed25519_key"; } ];
    boot.initrd.postMountCommands = lib.mkIf (cfg.diskImage != null) (lib.mkBefore ''
      # The disk lives as long as the machine; nobody will look for lost files.
      if [ -d /mnt-root/lost+found ]; then rmdir /mnt-root/lost+found; fi
    '');
    boot.initrd.includeDefaultModules = false;
    boot.initrd.availableKernelModules = [ "virtio_pci" "virtio_blk" "virtio_console" ] ++ lib.optional cfg.writableStore "overlay";
    boot.loader.grub.enable = mkVMOverride false;
    # The closure becomes an image: only what a virtual machine can use of thousands of modules.
    boot.kernelModuleSubset = mkDefault [
      "virtio_net" "virtio_rng" "virtio_balloon" "virtio_gpu" "virtio_scsi" "virtio_blk" "virtio_pci" "virtio_console" "bochs"
      "kernel/net/netfilter" "kernel/net/ipv4/netfilter" "kernel/net/ipv6/netfilter" "kernel/net/bridge" "kernel/net/8021q" "kernel/net/packet" "kernel/net/unix"
      "tun" "veth" "wireguard" "dummy" "macvlan" "ipvlan" "vxlan" "bonding" "af_packet" "sch_netem" "sch_tbf" "sch_htb"
      "ext4" "erofs" "vfat" "nls_cp437" "nls_iso8859_1" "nls_ascii" "overlay" "squashfs" "fuse" "loop" "dm_mod" "dm_crypt" "configfs" "efivarfs" "autofs4"
      "crc32c_generic" "sha256_generic" "button" "evdev"
    ];

    # The kernel line that boots fastest where there is no hardware virtualisation.
    boot.kernelParams = [
      "console=tty0" "console=${serial}" "panic=1"
      "quiet" "mitigations=off" "random.trust_cpu=on" "rcupdate.rcu_expedited=1" "cryptomgr.notests" "audit=0" "lsm=landlock,yama" "nokaslr"
    ] ++ lib.optionals pkgs.stdenv.hostPlatform.isx86 [ "tsc=reliable" "no_timer_check" "8250.nr_uarts=1" ];
    # Units that only cost time in a virtual machine.
    systemd.suppressedSystemUnits = [
      "dev-hugepages.mount" "dev-mqueue.mount" "sys-kernel-debug.mount" "sys-kernel-tracing.mount" "sys-kernel-config.mount" "sys-fs-fuse-connections.mount"
      "systemd-random-seed.service" "systemd-journal-flush.service" "systemd-remount-fs.service" "systemd-tmpfiles-setup-dev.service" "modprobe@.service" "systemd-ask-password-console.path" "systemd-ask-password-wall.path"
    ];
    # The fences around these three are compiled to filters at each start, and every system call goes through them.
    systemd.services.systemd-journald = unfenced;
    systemd.services.systemd-udevd = unfenced;
    systemd.services.systemd-logind = unfenced;
    # As systemd's own, except that nobody waits for it.
    systemd.services.systemd-journal-flush = {
      description = "Flush Journal to Persistent Storage";
      unitConfig = { DefaultDependencies = false; RequiresMountsFor = "/var/log/journal"; };
      requires = [ "systemd-journald.service" ];
      after = [ "systemd-journald.service" ];
      wantedBy = [ "multi-user.target" ];
      enableDefaultPath = false;
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        ExecStart = "${config.systemd.package}/bin/journalctl --flush";
        ExecStop = "${config.systemd.package}/bin/journalctl --smart-relinquish-var";
        TimeoutSec = "90s";
      };
    };
    # Of the hundreds of devices of the kernel only some mean anything to udev's rules.
    systemd.services.systemd-udev-trigger = {
      overrideStrategy = "asDropin";
      enableDefaultPath = false;
      serviceConfig.ExecStart = [
        ""
        "${config.systemd.package}/bin/udevadm trigger --type=devices --action=add --prioritized-subsystem=block,net ${
          lib.concatMapStringsSep " " (s: "--subsystem-nomatch=${s}") [ "acpi" "bdi" "clockevents" "clocksource" "cpu" "event_source" "machinecheck" "mem" "memory" "memory_tiering" "node" "platform" "thermal" "tty" "vc" "vtconsole" "workqueue" ]
        }"
        "-${config.systemd.package}/bin/udevadm trigger --type=devices --action=add --subsystem-match=tty --sysname-match=ttyS0 --sysname-match=tty1 --sysname-match=hvc*"
      ];
    };
    systemd.generators = { systemd-run-generator = "/dev/null"; };
    services.udev.upstreamRules = mkDefault [
      "50-udev-default.rules" "60-block.rules" "60-drm.rules" "60-evdev.rules" "60-input-id.rules" "60-persistent-storage.rules" "60-serial.rules"
      "70-uaccess.rules" "71-seat.rules" "73-seat-late.rules" "75-net-description.rules" "80-drivers.rules" "80-net-setup-link.rules" "90-vconsole.rules" "99-systemd.rules"
    ];
    system.build.vm = vm;
    system.build.machine = machine;
    system.build.vmClosureRoots = [ config.system.build.toplevel ] ++ cfg.additionalPaths;
  };
}
