# The second stage of the boot: `<toplevel>/init`, run on the real root. It activates the configuration and
# becomes systemd.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.boot;
  # Names that programs of the packages look for; see `pkgs.systemd.runtimeLinks`.
  links = config.systemd.package.runtimeLinks or { };
  folders = [ "/run/lock" "/run/user" "/run/wrappers/bin" ];
  makeLinks = links: lib.concatStrings (lib.mapAttrsToList (name: target: "mkdir -p $out/tree${dirOf name}; ln -s ${target} $out/tree${name}\n") links);

  # What every boot needs in /run, and what the first boot finds missing on an empty disk. Copied in one go, since each
  # process costs more than what it does here; activation sees to the same when it runs later.
  makeTree =
    name: commands:
    pkgs.runCommand name { preferLocalBuild = true; } ''
      ${commands}
      (cd $out/tree && find . -mindepth 1 -type d) > $out/folders
    '';
  runTree = makeTree "boot-links" ''
    mkdir -p ${lib.concatMapStringsSep " " (f: "$out/tree${f}") folders}
    ${makeLinks links}
  '';
  firstTree = makeTree "first-boot" ''
    mkdir -p ${lib.concatMapStringsSep " " (f: "$out/tree${f}") (folders ++ [ "/var/lib/nixos" "/var/log" "/var/cache" "/var/spool" "/var/tmp" "/var/empty" "/home" "/root" "/boot" "/tmp" "/etc" ])}
    ${makeLinks (
      links
      // { "/bin/sh" = config.environment.binsh; "/var/run" = "/run"; "/etc/static" = "${config.system.build.etc}/etc"; }
      // lib.optionalAttrs (config.environment.usrbinenv != null) { "/usr/bin/env" = config.environment.usrbinenv; }
    )}
    cp -r -P --no-preserve=mode ${config.system.build.etc}/links/. $out/tree/etc/
  '';
  script = pkgs.writeTextFile {
    name = "stage-2-init";
    executable = true;
    text = ''
      #!${pkgs.runtimeShell}

      systemConfig='@out@'
      echo "<<< stage 2: $systemConfig >>>" > /dev/kmsg
      export HOME=/root PATH=${lib.makeBinPath [ pkgs.coreutils pkgs.util-linux ]}

      # Without a first stage these are not mounted yet.
      if [ ! -e /proc/1 ]; then
        mkdir -p /proc /sys /dev /run
        mount -t proc -o nosuid,nodev,noexec proc /proc
        mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
        mount -t devtmpfs -o nosuid,mode=0755 devtmpfs /dev
        mkdir -p /dev/pts /dev/shm
        mount -t devpts -o nosuid,noexec,mode=0620,ptmxmode=0666,gid=3 devpts /dev/pts
        mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs /dev/shm
        mount -t tmpfs -o nosuid,nodev,mode=0755 tmpfs /run
      fi
      for option in $(< /proc/cmdline); do
        case $option in
          boot.debugtrace) PS4='+ $EPOCHREALTIME '; export SHELLOPTS PS4; set -x ;;
        esac
      done

      bb=${pkgs.busybox}/bin/busybox
      if [ -L /etc/static ]; then tree=${runTree}; else tree=${firstTree}; fi
      $bb cp -R -P --remove-destination $tree/tree/. /
      # The store's folders are read-only for everybody.
      (cd / && $bb chmod 0755 $(< $tree/folders))
      $bb ln -sfn "$systemConfig" /run/booted-system
      # With an identity there is no "first boot", at which systemd would change units in /etc by presets.
      if [ ! -s /etc/machine-id ]; then
        read -r id < /proc/sys/kernel/random/uuid
        printf '%s\n' "''${id//-/}" > /etc/machine-id
      fi
      ${cfg.postBootCommandsEarly}

      $systemConfig/activate

      ${config.powerManagement.powerUpCommands}
      ${cfg.postBootCommands}

      echo "<<< stage 2: starting systemd >>>" > /dev/kmsg
      # The environment of PID 1 is that of the system, not of this script.
      unset HOME
      export PATH=/run/current-system/sw/bin:/run/current-system/sw/sbin
      ${lib.concatStrings (lib.mapAttrsToList (n: v: "export ${n}=${lib.escapeShellArg (toString v)}\n") config.systemd.managerEnvironment)}
      exec /run/current-system/systemd/lib/systemd/systemd "$@"
    '';
  };
in
{
  options = {
    boot.postBootCommands = mkOption { default = ""; type = types.lines; description = "Shell commands run just before systemd is started."; };
    boot.postBootCommandsEarly = mkOption { default = ""; type = types.lines; internal = true; description = "Shell commands run before activation."; };
    boot.readOnlyNixStore = mkOption { type = types.bool; default = true; description = "Whether the store is mounted read-only."; };
    boot.isContainer = mkOption { type = types.bool; default = false; description = "Whether the system runs in a container."; };
    powerManagement.powerUpCommands = mkOption { default = ""; type = types.lines; description = "Shell commands run when the machine starts."; };
    boot.extraSystemdUnitPaths = mkOption { default = [ ]; type = types.listOf types.str; internal = true; description = "Further folders of units."; };
  };
  config = {
    system.build.bootStage2 = script;
    system.systemBuilderKernelCommands = lib.mkIf (!config.boot.isContainer) ''
      ln -s ${config.system.build.kernelImage} $out/kernel
      ln -s ${config.system.modulesTree} $out/kernel-modules
      ln -s ${config.system.build.initialRamdisk}/initrd $out/initrd
    '';
    # The image alone: the kernel's own package holds all its modules, and may be far bigger than what is used of it.
    system.build.kernelImage = pkgs.runCommand "linux-image-${config.boot.kernelPackages.kernel.version}" { preferLocalBuild = true; } ''
      cp ${config.boot.kernelPackages.kernel}/${config.boot.kernelPackages.kernel.imageFile or "bzImage"} $out
    '';
  };
}
