# The package set as a fixed point of layers: the means to build (./build-tools.nix), what the seeds give
# (./seed-packages.nix), what we make ourselves (./all-packages.nix), then the overlays.
#
# `localSystem` is the machine that builds, `hostSystem` the one that packages run on. Packages of the seeds for any host
# are made on any build machine: relocation runs no program of theirs.
{
  localSystem,
  hostSystem,
  config,
  overlays,
}:
let
  lib = import ../../lib;
  isCross = localSystem != hostSystem;
  seedSets = import ../seeds/sets.nix { inherit lib localSystem; };

  buildTools = import ./build-tools.nix {
    inherit lib localSystem hostSystem isCross;
    inherit (seedSets) bootstrap fetchurl fetchSeed;
    buildSeeds = seedSets.seedsFor localSystem;
    seeds = seedSets.seedsFor hostSystem;
  };

  base = self: {
    inherit lib overlays;
    config = if builtins.isFunction config then config { pkgs = self; } else config;
    path = ../..;
    pkgs = self;
    system = hostSystem;
    callPackage = self.newScope { };
    callPackages = lib.callPackagesWith self;
    newScope = extra: lib.callPackageWith (self // extra);
    extend = overlay: self.appendOverlays [ overlay ];
    appendOverlays = more: import ./. { inherit localSystem hostSystem config; overlays = overlays ++ more; };
    buildPackages = if isCross then import ./. { inherit localSystem config overlays; hostSystem = localSystem; } else self;
    pkgsBuildBuild = self.buildPackages;
    pkgsBuildHost = self.buildPackages;
    pkgsHostTarget = self;
    targetPackages = self;
    inherit (self.stdenv) hostPlatform buildPlatform targetPlatform;
  };

  layers = [
    (self: super: buildTools self)
    (import ./seed-packages.nix { sources = seedSets.sourcesFor hostSystem; })
    (import ./all-packages.nix)
  ]
  ++ overlays;
in
lib.fix (lib.foldl' (lib.flip lib.extends) base layers)
