# The first stage of the boot: an initial RAM disk that finds and mounts what the second stage needs.
#
# It holds a static busybox, one script and just the kernel modules asked for, in the order in which they
# must be loaded (worked out when it is built), so that nothing is looked up at boot. No udev: block
# devices are the kernel's own names; labels and identifiers are found by reading the disks.
{ config, lib, pkgs, utils, ... }:
let
  inherit (lib) mkOption types concatMapStrings escapeShellArg optionalString;
  cfg = config.boot.initrd;
  modules = lib.unique (cfg.kernelModules ++ cfg.availableKernelModules);
  modulesTree = lib.getOutput "modules" config.boot.kernelPackages.kernel;

  # Modules of file systems whose names differ, and what they need without saying so.
  fsModules = {
    vfat = [ "vfat" "nls_cp437" "nls_iso8859_1" ];
    ext4 = [ "crc32c_generic" "ext4" ];
    ext3 = [ "crc32c_generic" "ext4" ];
    ext2 = [ "crc32c_generic" "ext4" ];
    erofs = [ "crc32c_generic" "erofs" ];
    btrfs = [ "crc32c_generic" "btrfs" ];
    "9p" = [ "9p" "9pnet_virtio" ];
  };

  fileSystems = builtins.filter utils.fsNeededForBoot config.system.build.fileSystems;

  deviceOf = fs: if fs.device != null then fs.device else if fs.label != null then "/dev/disk/by-label/${fs.label}" else "none";
  mountCommand =
    fs:
    let
      options = builtins.filter (o: !lib.hasPrefix "x-" o && !lib.elem o [ "auto" "noauto" "user" "nofail" "_netdev" ]) fs.options;
    in
    "mount_fs ${escapeShellArg (deviceOf fs)} ${escapeShellArg fs.mountPoint} ${escapeShellArg fs.fsType} ${escapeShellArg (lib.concatStringsSep "," options)} ${if fs.noCheck then "0" else "1"} ${if lib.elem "bind" fs.options then "1" else "0"}\n";

  init = pkgs.writeTextFile {
    name = "stage-1-init";
    executable = true;
    text = ''
      #!/bin/sh
      ${builtins.readFile ./stage-1-init.sh}
      distro=${escapeShellArg config.system.nixos.distroName}
      ${cfg.preDeviceCommands}
      load_modules
      ${cfg.postDeviceCommands}
      ${cfg.postResumeCommands}
      ${concatMapStrings mountCommand fileSystems}
      ${cfg.postMountCommands}
      start_stage_2
    '';
  };
in
{
  options.boot.initrd = {
    enable = mkOption { type = types.bool; default = true; description = "Whether the system boots through an initial RAM disk."; };
    preDeviceCommands = mkOption { type = types.lines; default = ""; description = "Shell commands before kernel modules are loaded."; };
    postDeviceCommands = mkOption { type = types.lines; default = ""; description = "Shell commands after kernel modules are loaded."; };
    postResumeCommands = mkOption { type = types.lines; default = ""; description = "Shell commands before file systems are mounted."; };
    postMountCommands = mkOption { type = types.lines; default = ""; description = "Shell commands after file systems are mounted under /mnt-root."; };
    extraFiles = mkOption { type = types.attrsOf types.path; default = { }; internal = true; description = "Further files, by their place in the initial RAM disk."; };
    supportedFilesystems = mkOption { type = types.listOf types.str; default = [ ]; description = "File systems that the first stage can mount."; };
    compressor = mkOption { type = types.str; default = "cat"; description = "Command that compresses the initial RAM disk."; };
    verbose = mkOption { type = types.bool; default = true; description = "Whether the first stage says what it does."; };
    systemd.enable = mkOption { type = types.bool; default = false; description = "A first stage made of systemd is not part of this system yet."; };
  };
  config = {
    assertions = [
      { assertion = !cfg.systemd.enable; message = "boot.initrd.systemd.enable: only the scripted first stage exists."; }
      {
        assertion = config.fileSystems ? "/";
        message = "The 'fileSystems' option does not specify your root file system.";
      }
    ];
    boot.initrd.kernelModules = lib.concatMap (fs: fsModules.${fs} or [ fs ]) (
      lib.unique (cfg.supportedFilesystems ++ builtins.filter (t: t != "auto" && t != "none" && t != "tmpfs") (map (fs: fs.fsType) fileSystems))
    );
    system.build.bootStage1 = init;
    system.build.initialRamdisk = pkgs.runCommand "initrd-linux-${config.boot.kernelPackages.kernel.version}"
      {
        preferLocalBuild = true;
        nativeBuildInputs = [ pkgs.cpio pkgs.gawk ];
        wanted = modules;
        extraFiles = lib.mapAttrsToList (place: source: "${place}=${source}") cfg.extraFiles;
      }
      ''
        mkdir -p $out root/bin root/lib root/proc root/sys root/dev root/run root/mnt-root
        cp ${pkgs.busybox}/bin/busybox root/bin/busybox
        for name in $(cat ${./applets}); do ln -s busybox "root/bin/$name"; done
        cp ${init} root/init
        chmod +x root/init
        version=$(ls ${modulesTree}/lib/modules | head -n 1)
        from=${modulesTree}/lib/modules/$version
        . ${./strip-signature.sh}
        # The modules without dependencies of their own, in an order in which that is right.
        modules=root/lib/modules/$version
        mkdir -p $modules
        awk -v wanted="$wanted" -f ${./select-modules.awk} $from/modules.dep > list
        while read -r file; do
          name=$(basename $file)
          case $name in
            *.ko) cp --no-preserve=mode $from/$file $modules/$name ;;
            *.ko.xz) name=''${name%.xz}; xz -dc $from/$file > $modules/$name ;;
            *.ko.zst) name=''${name%.zst}; zstd -dcq $from/$file > $modules/$name ;;
          esac
          ${lib.optionalString (config.boot.kernelModuleSubset != null) "strip_signature $modules/$name"}
          printf '%s:\n' "$name" >> $modules/modules.dep
          printf '%s ' "''${name%.ko}" >> root/modules
        done < list
        touch $modules/modules.alias $modules/modules.symbols root/modules
        for pair in $extraFiles; do
          mkdir -p "root/$(dirname "''${pair%%=*}")"
          cp -rL "''${pair#*=}" "root/''${pair%%=*}"
        done
        find root -exec touch -h -d @1 {} +
        (cd root && find . -print0 | LC_ALL=C sort -z | cpio --quiet --null --create --format=newc --reproducible --owner=+0:+0) | ${cfg.compressor} > $out/initrd
      '';
  };
}
