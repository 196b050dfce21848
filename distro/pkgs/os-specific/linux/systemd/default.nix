# systemd with udev, its NSS and PAM modules, in the shape of nixpkgs' package: units are in example/systemd.
{ pkgs, lib, seeds }:
let
  inherit (import ../../../seeds/runtime-links.nix) places;
in
seeds.systemd
// {
  interfaceVersion = 2;
  withCryptsetup = true;
  kmod = pkgs.kmod;
  util-linux = pkgs.util-linux;

  # What the boot must make before systemd starts, since Debian's programs look there: name -> target of the symlink.
  runtimeLinks = places pkgs;

  meta = seeds.systemd.meta // {
    mainProgram = "systemctl";
  };
}
