# File systems of the machine, as /etc/fstab and as what the first stage mounts.
{ config, lib, pkgs, utils, ... }:
let
  inherit (lib) mkOption types mkIf mkDefault concatMapStrings concatMapStringsSep;
  fileSystems = sorted (builtins.filter (fs: fs.enable) (builtins.attrValues config.fileSystems));
  sorted =
    list:
    let
      res = lib.toposort utils.fsBefore (builtins.sort (a: b: a.mountPoint < b.mountPoint) list);
    in
    res.result or (throw "The 'fileSystems' option has circular dependencies: ${lib.concatMapStringsSep " " (fs: fs.mountPoint) res.cycle}");

  escape = builtins.replaceStrings [ " " "\t" ] [ "\\040" "\\011" ];
  nonEmptyStr = types.nonEmptyStr;
  fileSystemOptions =
    { name, config, ... }:
    {
      options = {
        enable = mkOption { type = types.bool; default = true; description = "Whether the file system is mounted."; };
        mountPoint = mkOption { type = types.str; example = "/mnt/usb"; description = "Where it is mounted."; };
        device = mkOption { type = types.nullOr nonEmptyStr; default = null; example = "/dev/sda"; description = "Device, or what stands for one."; };
        label = mkOption { type = types.nullOr nonEmptyStr; default = null; description = "Label of the file system."; };
        fsType = mkOption { type = nonEmptyStr; default = "auto"; example = "ext4"; description = "Type of the file system."; };
        options = mkOption { type = types.listOf nonEmptyStr; default = [ "defaults" ]; example = [ "data=journal" ]; description = "Mount options."; };
        depends = mkOption { type = types.listOf types.path; default = [ ]; description = "Mount points that must be mounted before."; };
        autoFormat = mkOption { type = types.bool; default = false; description = "Whether an empty device is formatted."; };
        autoResize = mkOption { type = types.bool; default = false; description = "Whether the file system grows with its device."; };
        formatOptions = mkOption { visible = false; type = types.nullOr types.str; default = null; description = "Ignored."; };
        noCheck = mkOption { type = types.bool; default = false; description = "Whether the check of the file system is left out."; };
        neededForBoot = mkOption { type = types.bool; default = false; description = "Whether the first stage mounts it."; };
      };
      config = {
        mountPoint = mkDefault name;
        device = mkIf (builtins.elem config.fsType [ "tmpfs" "devpts" "ramfs" ]) (mkDefault config.fsType);
      };
    };
  deviceOf = fs: if fs.device != null then fs.device else if fs.label != null then "/dev/disk/by-label/${escape fs.label}" else throw "No device specified for mount point '${fs.mountPoint}'.";
  noCheckTypes = [ "none" "auto" "overlay" "tmpfs" "devpts" "ramfs" "9p" "nfs" "nfs4" "cifs" "vboxsf" "virtiofs" "erofs" "squashfs" "iso9660" "bindfs" "fuse" ];
  fsckPass = fs: if fs.noCheck || builtins.elem fs.fsType noCheckTypes || builtins.elem "bind" fs.options then "0" else if fs.mountPoint == "/" then "1" else "2";
  fstabLine =
    fs:
    let
      early = lib.optional (utils.fsNeededForBoot fs) "x-initrd.mount";
      # Nobody waits for fsck of what the first stage has checked and mounted already.
      pass = if utils.fsNeededForBoot fs then "0" else fsckPass fs;
    in
    "${escape (deviceOf fs)} ${escape fs.mountPoint} ${fs.fsType} ${escape (lib.concatStringsSep "," (fs.options ++ early))} 0 ${pass}\n";
in
{
  options = {
    fileSystems = mkOption {
      default = { };
      type = types.attrsOf (types.submodule fileSystemOptions);
      example = { "/".device = "/dev/hda1"; "/data" = { device = "/dev/hda2"; fsType = "ext3"; options = [ "data=journal" ]; }; };
      description = "File systems to be mounted.";
    };
    system.fsPackages = mkOption { internal = true; default = [ ]; type = types.listOf types.package; description = "Packages with tools of file systems."; };
    boot.supportedFilesystems = mkOption { default = [ ]; type = types.listOf types.str; description = "File systems that the machine can mount."; };
    boot.tmp.useTmpfs = mkOption { type = types.bool; default = false; description = "Whether /tmp is in memory."; };
    boot.tmp.cleanOnBoot = mkOption { type = types.bool; default = false; description = "Whether /tmp is emptied at boot."; };
    boot.specialFileSystems = mkOption { default = { }; type = types.attrsOf types.unspecified; internal = true; description = "Ignored: the stages mount them by themselves."; };
    swapDevices = mkOption {
      default = [ ];
      type = types.listOf (
        types.submodule {
          options.device = mkOption { type = types.str; description = "Device or file."; };
          options.label = mkOption { type = types.nullOr types.str; default = null; description = "Label of the swap space."; };
          options.priority = mkOption { type = types.nullOr types.int; default = null; description = "Priority, larger first."; };
          options.options = mkOption { type = types.listOf types.str; default = [ "defaults" ]; description = "Options."; };
        }
      );
      description = "Swap devices.";
    };
  };
  config = {
    system.build.fileSystems = fileSystems;
    assertions = [
      {
        assertion = builtins.all (fs: fs.device != null || fs.label != null) fileSystems;
        message = "These file systems have neither a device nor a label: ${toString (map (fs: fs.mountPoint) (builtins.filter (fs: fs.device == null && fs.label == null) fileSystems))}";
      }
    ];
    environment.etc.fstab.text = ''
      # This is a generated file: edit the configuration instead.
      # <file system> <mount point> <type> <options> <dump> <pass>
      ${concatMapStrings fstabLine fileSystems}${
        concatMapStrings (s: "${if s.label != null then "/dev/disk/by-label/${s.label}" else s.device} none swap ${lib.concatStringsSep "," (s.options ++ lib.optional (s.priority != null) "pri=${toString s.priority}")} 0 0\n") config.swapDevices
      }
    '';
    # Everything runs from the store, so that it cannot go before the end; unmounting it would only fail.
    systemd.units = lib.listToAttrs (
      map (fs: {
        name = "${utils.escapeSystemdPath fs.mountPoint}.mount";
        value = { overrideStrategy = "asDropin"; text = "[Unit]\nDefaultDependencies=no\n"; };
      }) (builtins.filter (fs: fs.mountPoint == "/nix" || lib.hasPrefix "/nix/" fs.mountPoint) fileSystems)
    );
    systemd.mounts = mkIf config.boot.tmp.useTmpfs [
      {
        what = "tmpfs";
        where = "/tmp";
        type = "tmpfs";
        options = "mode=1777,strictatime,rw,nosuid,nodev,size=50%";
        wantedBy = [ "local-fs.target" ];
      }
    ];
  };
}
