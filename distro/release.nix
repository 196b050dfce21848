# The jobs of a release, for `firn gate`. A channel moves only when `tested` and all its constituents succeed.
#
# The gate says by `firnSrc` what is being released. `--argstr breakTest <name>` breaks the test of that name on purpose
# (its machines cannot come up), to see a channel stay where it is: `firn gate --break boot`.
{
  firnSrc ? {
    outPath = ../.;
    revision = "unversioned";
    shortRev = "unversioned";
    lastModifiedDate = "19700101000000";
  },
  channelName ? "firn-unstable-small",
  supportedSystems ? [ "x86_64-linux" ],
  breakTest ? null,
  ...
}:
let
  lib = import ./lib;
  pkgsFor = system: import ./. { inherit system; };
  # The archives are for every machine alike.
  pkgs = pkgsFor (builtins.head supportedSystems);
  releaseTools = pkgs.callPackage ./pkgs/build-support/release { };

  # One system: `hello`; several: `hello.<system>`.
  forSystems = job: if builtins.length supportedSystems == 1 then job (builtins.head supportedSystems) else lib.genAttrs supportedSystems job;

  versionSuffix = "pre${firnSrc.lastModifiedDate}.${firnSrc.shortRev}";
in
rec {
  hello = forSystems (system: (pkgsFor system).hello);

  channel = releaseTools.channelTarball {
    name = channelName;
    version = lib.trivial.release + versionSuffix;
    inherit versionSuffix;
    inherit (firnSrc) revision;
    src = builtins.path {
      path = ./.;
      name = "firn-distro";
    };
  };

  tested = releaseTools.aggregate {
    name = "${channelName}-tested";
    constituents = lib.collect lib.isDerivation { inherit hello channel; };
    meta.description = "Release-critical jobs of ${channelName}";
  };
}
