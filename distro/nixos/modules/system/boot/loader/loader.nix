# Boot loaders. What they are told is complete; installing one onto a disk is not part of the system yet,
# so a configuration that names a disk evaluates, boots where kernel and initrd are given directly, and
# `system.build.installBootLoader` says so when it is run.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types mkEnableOption mkIf;
  grub = config.boot.loader.grub;
in
{
  options = {
    boot.loader.timeout = mkOption { default = 5; type = types.nullOr types.int; description = "Seconds until the default entry is started; null waits for ever."; };
    boot.loader.efi.canTouchEfiVariables = mkOption { default = false; type = types.bool; description = "Whether the installation may change EFI variables."; };
    boot.loader.efi.efiSysMountPoint = mkOption { default = "/boot"; type = types.str; description = "Where the EFI system partition is mounted."; };
    boot.loader.systemd-boot.enable = mkEnableOption "the systemd-boot boot loader";
    boot.loader.systemd-boot.configurationLimit = mkOption { default = null; type = types.nullOr types.int; description = "Generations kept in the menu."; };
    boot.loader.generic-extlinux-compatible.enable = mkEnableOption "configuration files for extlinux-compatible boot loaders";
    boot.loader.grub = {
      enable = mkOption { default = !config.boot.isContainer; type = types.bool; description = "Whether to use the GNU GRUB boot loader."; };
      device = mkOption { default = ""; example = "/dev/disk/by-id/wwn-0x500001234567890a"; type = types.str; description = "Disk on which GRUB is installed, or `nodev`."; };
      devices = mkOption { default = [ ]; type = types.listOf types.str; description = "Disks on which GRUB is installed."; };
      efiSupport = mkOption { default = false; type = types.bool; description = "Whether GRUB boots through EFI."; };
      efiInstallAsRemovable = mkOption { default = false; type = types.bool; description = "Whether GRUB is put where firmware looks by itself."; };
      useOSProber = mkOption { default = false; type = types.bool; description = "Whether other systems are added to the menu."; };
      configurationLimit = mkOption { default = 100; type = types.int; description = "Generations kept in the menu."; };
      extraConfig = mkOption { default = ""; type = types.lines; description = "Further lines of GRUB's configuration."; };
      extraEntries = mkOption { default = ""; type = types.lines; description = "Further entries of the menu."; };
      version = mkOption { visible = false; default = 2; type = types.int; description = "Ignored."; };
    };
    system.boot.loader.id = mkOption { internal = true; default = ""; type = types.str; description = "Identifier of the boot loader in use."; };
    system.boot.loader.kernelFile = mkOption { internal = true; default = pkgs.stdenv.hostPlatform.linux-kernel.target; type = types.str; description = "File name of the kernel image."; };
    system.boot.loader.initrdFile = mkOption { internal = true; default = "initrd"; type = types.str; description = "File name of the initial RAM disk."; };
  };
  config = {
    boot.loader.grub.devices = mkIf (grub.device != "") [ grub.device ];
    system.boot.loader.id = mkIf grub.enable "grub";
    assertions = mkIf grub.enable [
      {
        assertion = grub.devices != [ ];
        message = "You must set the option 'boot.loader.grub.devices' or 'boot.loader.grub.device' to make the system bootable.";
      }
      {
        assertion = grub.devices == lib.unique grub.devices;
        message = "You cannot have duplicated devices in 'boot.loader.grub.devices'.";
      }
    ];
    system.build.installBootLoader = lib.mkDefault (
      pkgs.writeShellScript "no-boot-loader-installer" ''
        echo "Installing a boot loader is not supported yet: the machine boots with kernel and initrd given directly, as in a virtual machine" >&2
        exit 1
      ''
    );
  };
}
