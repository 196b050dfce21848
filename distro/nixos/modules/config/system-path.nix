# Packages that all users find in their path: /run/current-system/sw.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  required = with pkgs; [
    bashInteractive coreutils util-linux findutils gnugrep gnused gawk gnutar gzip xz bzip2 diffutils less procps psmisc
    kmod shadow iproute2 iputils netcat kbd hostname
    (seeds.libc-bin or glibc)
  ];
  # The one of busybox: the name is all there is to it.
  hostname = pkgs.runCommand "hostname" { preferLocalBuild = true; } ''
    mkdir -p $out/bin
    ln -s ${pkgs.busybox}/bin/busybox $out/bin/hostname
  '';
in
{
  options = {
    environment.systemPackages = mkOption { type = types.listOf types.package; default = [ ]; description = "Packages in the path of all users."; };
    environment.corePackages = mkOption { type = types.listOf types.package; default = required; internal = true; description = "Packages that every system has. (NixOS calls them the required packages.)"; };
    environment.defaultPackages = mkOption { type = types.listOf types.package; default = [ ]; description = "Packages that are convenient and not necessary."; };
    environment.pathsToLink = mkOption { type = types.listOf types.str; default = [ ]; example = [ "/" ]; description = "Folders of packages that are part of the joined path."; };
    environment.extraOutputsToInstall = mkOption { type = types.listOf types.str; default = [ ]; description = "Further outputs of packages."; };
    environment.extraSetup = mkOption { type = types.lines; default = ""; description = "Commands run after the packages are joined."; };
    environment.profiles = mkOption { type = types.listOf types.str; default = [ ]; description = "Profiles whose programs are in the path."; };
    system.path = mkOption { internal = true; type = types.package; description = "The joined packages."; };
  };
  config = {
    environment.systemPackages = config.environment.corePackages ++ config.environment.defaultPackages;
    environment.pathsToLink = [ "/bin" "/sbin" "/etc/xdg" "/etc/profile.d" "/share/bash-completion" "/share/terminfo" "/share/zoneinfo" "/share/man" ];
    environment.profiles = lib.mkAfter [ "/nix/var/nix/profiles/default" "/run/current-system/sw" ];
    system.path = pkgs.buildEnv {
      name = "system-path";
      paths = config.environment.systemPackages;
      inherit (config.environment) pathsToLink extraOutputsToInstall;
      ignoreCollisions = true;
      postBuild = config.environment.extraSetup;
    };
  };
}
