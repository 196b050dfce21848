# What packages are built with: stdenv, trivial builders, fetchers. Programs that run in builds come from the build
# machine's seeds as they are, not from the package set, so that an overlay changes packages and not the tools below them.
{
  lib,
  localSystem,
  hostSystem,
  isCross,
  bootstrap,
  fetchurl,
  fetchSeed,
  buildSeeds,
  seeds,
}:
self:
let
  initialPath = with buildSeeds; [
    coreutils findutils diffutils sed grep gawk tar gzip bzip2 xz-utils make bash patch patchelf
  ];

  makeStdenv =
    { cc }:
    lib.makeOverridable (
      { cc }:
      {
        name = if cc == null then "stdenv-no-cc" else "stdenv";
        inherit cc initialPath;
        shell = "${buildSeeds.bash}/bin/bash";
        system = hostSystem;
        hasCC = cc != null;
        buildPlatform = lib.systems.elaborate localSystem;
        hostPlatform = lib.systems.elaborate hostSystem;
        targetPlatform = lib.systems.elaborate hostSystem;
        isLinux = true;
        isDarwin = false;
        mkDerivation = import ../stdenv/make-derivation.nix {
          inherit lib initialPath;
          system = localSystem;
          shell = buildSeeds.bash;
          defaultNativeBuildInputs = lib.optional (cc != null) cc;
        };
      }
    ) { inherit cc; };

  stdenvNoCC = makeStdenv { cc = null; };
  trivial = import ../build-support/trivial-builders.nix {
    inherit lib stdenvNoCC;
    inherit (self) stdenv;
    inherit (buildSeeds) bash;
    runtimeShell = "${seeds.bash}/bin/bash";
  };
  trees = import ../build-support/build-env {
    inherit lib;
    inherit (trivial) runCommand;
    inherit (bootstrap) node;
  };
in
trivial
// trees
// {
  inherit seeds stdenvNoCC fetchurl;
  inherit (bootstrap) nodejsVersion;
  stdenv = makeStdenv { inherit (self) cc; };
  runtimeShell = "${seeds.bash}/bin/bash";
  runtimeShellPackage = seeds.bash;

  # What the first stage gives, for the few packages that are made of it.
  bootstrapTools = bootstrap;
  debianFile = fetchSeed;

  cc = import ../build-support/cc-wrapper {
    inherit lib seeds;
    inherit (buildSeeds) bash;
    inherit (self) runCommand;
  };
}
