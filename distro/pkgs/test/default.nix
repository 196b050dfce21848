# Builds that succeed only when what the package set makes works: `pkgs.tests.<name>`.
{ callPackage }:
{
  boot = callPackage ./boot.nix { };
  programs = callPackage ./programs.nix { };
  stdenv = callPackage ./stdenv.nix { };
  systemd = callPackage ./systemd.nix { };
}
