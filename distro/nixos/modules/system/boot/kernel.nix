# The kernel, its command line and its modules.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types mkIf mkMerge literalExpression;
  inherit (config.boot) kernelPackages;
  kernelModulesConf = pkgs.writeText "nixos.conf" (lib.concatMapStrings (m: "${m}\n") config.boot.kernelModules);

  # The modules of several packages, all or a subset with its dependencies, as one tree with its own index.
  aggregate =
    trees:
    pkgs.runCommand "kernel-modules-${kernelPackages.kernel.version}"
      {
        preferLocalBuild = true;
        nativeBuildInputs = [ pkgs.kmod pkgs.gawk ];
        modulePaths = map toString trees;
        subset = if config.boot.kernelModuleSubset == null then [ ] else config.boot.kernelModuleSubset;
        takeAll = config.boot.kernelModuleSubset == null;
      }
      ''
        set -- $modulePaths
        version=$(ls $1/lib/modules | head -n 1)
        from=$1/lib/modules/$version
        to=$out/lib/modules/$version
        mkdir -p $to
        if [ -n "$takeAll" ]; then
          for tree in "$@"; do cp -rsf --no-preserve=mode $tree/lib/modules/$version/. $to/; done
          rm -f $to/modules.*
        else
          . ${./strip-signature.sh}
          awk -v wanted="$subset" -f ${./select-modules.awk} $from/modules.dep > list
          while read -r file; do
            mkdir -p "$to/''${file%/*}"
            cp --no-preserve=mode "$from/$file" "$to/$file"
            strip_signature "$to/$file"
          done < list
          shift
          for tree in "$@"; do cp -rf --no-preserve=mode $tree/lib/modules/$version/. $to/; rm -f $to/modules.*; done
        fi
        for file in modules.order modules.builtin modules.builtin.modinfo; do
          if [ -e $from/$file ]; then cp --no-preserve=mode $from/$file $to/; fi
        done
        depmod -b $out $version
      '';
in
{
  options = {
    boot.kernelPackages = mkOption {
      default = pkgs.linuxPackages;
      type = types.raw;
      defaultText = literalExpression "pkgs.linuxPackages";
      description = "The kernel and the packages that go with it.";
    };
    boot.kernelParams = mkOption {
      type = types.listOf (types.strMatching ''([^"[:space:]]|"[^"]*")+'' // { name = "kernelParam"; description = "string, with spaces inside double quotes"; });
      default = [ ];
      description = "Words of the kernel command line.";
    };
    boot.consoleLogLevel = mkOption { type = types.int; default = 4; description = "Kernel messages of lower level go to the console."; };
    boot.vesa = mkOption { type = types.bool; default = false; visible = false; description = "Ignored."; };
    boot.kernelModules = mkOption { type = types.listOf types.str; default = [ ]; description = "Modules loaded in the second stage of the boot."; };
    boot.extraModulePackages = mkOption { type = types.listOf types.package; default = [ ]; description = "Packages with further kernel modules."; };
    boot.extraModprobeConfig = mkOption { type = types.lines; default = ""; description = "Text of a file in /etc/modprobe.d."; };
    boot.blacklistedKernelModules = mkOption { type = types.listOf types.str; default = [ ]; description = "Modules that are not loaded by themselves."; };
    boot.kernelModuleSubset = mkOption {
      type = types.nullOr (types.listOf types.str);
      default = null;
      example = [ "kernel/net/netfilter" "virtio_net" ];
      description = ''
        Modules and folders of modules that are part of the system, with what they depend on; null means all of them.
        A machine that is an image of its closure is made smaller by it. (An option of Firn, not of NixOS.)
      '';
    };
    boot.kernel.sysctl = mkOption {
      type = types.submodule {
        freeformType = types.attrsOf (types.nullOr (types.oneOf [ types.bool types.str types.int ]));
      };
      default = { };
      example = { "net.ipv4.tcp_syncookies" = false; };
      description = "Parameters of the kernel set at boot, see sysctl(8).";
    };
    boot.initrd.availableKernelModules = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "sata_nv" "ext3" ];
      description = "Modules of the initial RAM disk; those for which there is hardware are of use.";
    };
    boot.initrd.kernelModules = mkOption { type = types.listOf types.str; default = [ ]; description = "Modules loaded in the first stage of the boot."; };
    boot.initrd.includeDefaultModules = mkOption {
      type = types.bool;
      default = true;
      description = "Whether the initial RAM disk holds the drivers of common disks and keyboards.";
    };
    system.modulesTree = mkOption {
      type = types.listOf types.path;
      internal = true;
      default = [ ];
      description = "Packages that hold the kernel modules of the system.";
      apply = trees: if config.boot.kernelModuleSubset == null && builtins.length trees == 1 then lib.head trees else aggregate trees;
    };
  };

  config = {
    system.modulesTree = [ (lib.getOutput "modules" kernelPackages.kernel) ] ++ config.boot.extraModulePackages;
    boot.kernelParams = [ "loglevel=${toString config.boot.consoleLogLevel}" ];
    boot.kernel.sysctl."kernel.printk" = lib.mkDefault config.boot.consoleLogLevel;
    boot.initrd.availableKernelModules = lib.optionals config.boot.initrd.includeDefaultModules [
      "ahci" "ata_piix" "sd_mod" "sr_mod" "nvme" "uhci_hcd" "ehci_pci" "xhci_pci" "usbhid" "hid_generic" "mmc_block"
      "virtio_pci" "virtio_blk" "virtio_scsi"
    ];
    environment.etc."modules-load.d/nixos.conf" = mkIf (config.boot.kernelModules != [ ]) { source = kernelModulesConf; };
    environment.etc."modprobe.d/nixos.conf".text = ''
      ${lib.concatMapStrings (m: "blacklist ${m}\n") config.boot.blacklistedKernelModules}${config.boot.extraModprobeConfig}
    '';
    environment.etc."sysctl.d/60-nixos.conf".text = lib.concatStrings (
      lib.mapAttrsToList (n: v: lib.optionalString (v != null) "${n}=${if v == false then "0" else if v == true then "1" else toString v}\n") config.boot.kernel.sysctl
    );
    systemd.services.systemd-modules-load = mkIf (config.boot.kernelModules != [ ]) {
      overrideStrategy = "asDropin";
      enableDefaultPath = false;
      wantedBy = [ "multi-user.target" ];
      restartTriggers = [ kernelModulesConf ];
      serviceConfig.SuccessExitStatus = "0 1";
    };
    systemd.services.systemd-sysctl = {
      overrideStrategy = "asDropin";
      enableDefaultPath = false;
      restartTriggers = [ config.environment.etc."sysctl.d/60-nixos.conf".source ];
      # Nobody passes any, and a file system is mounted for them at each boot.
      serviceConfig.LoadCredential = [ "" ];
    };
  };
}
