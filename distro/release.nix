# The jobs of a release, for `firn gate`. A channel moves only when `tested` and all its constituents succeed.
#
# The gate says by `firnSrc` what is being released. `--argstr breakTest <name>` breaks the test of that name on purpose
# (its machines wait for a disk that they do not have, and cannot come up), to see a channel stay where it is:
# `firn gate --break boot`.
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
  pkgsFor = lib.genAttrs supportedSystems (system: import ./. { inherit system; });
  # What is the same for every system is made on the first.
  pkgs = pkgsFor.${builtins.head supportedSystems};
  releaseTools = pkgs.callPackage ./pkgs/build-support/release { };

  # With one system the job itself, with several a set of it by system.
  forSystems =
    job: if builtins.length supportedSystems == 1 then job (builtins.head supportedSystems) else lib.genAttrs supportedSystems job;

  breakNodes = {
    virtualisation.fileSystems."/broken-on-purpose" = {
      device = "/dev/no-such-disk";
      fsType = "ext4";
      neededForBoot = true;
    };
  };

  # `vm-tests/<name>.test.ts` with the machines of `<name>.nix` beside it.
  vmTest =
    name:
    forSystems (
      system:
      let
        testing = import ./nixos/lib/testing {
          inherit system;
          pkgs = pkgsFor.${system};
        };
        file = ../vm-tests + "/${name}.nix";
        description = lib.toFunction (import file) { inherit lib; pkgs = pkgsFor.${system}; };
      in
      testing.makeTest (
        description
        // {
          inherit name;
          testFile = ../vm-tests + "/${name}.test.ts";
          defaults.imports = [ (description.defaults or { }) ] ++ lib.optional (breakTest == name) breakNodes;
        }
      )
    );

  vmTests = lib.genAttrs [ "boot" "first-light" ] vmTest;
  # `each (test: test.cluster) vmTests.boot`, whether it is for one system or several.
  each = take: made: if made ? cluster then take made else lib.mapAttrs (_: take) made;
  tests = lib.mapAttrs (_: each (made: made.test)) vmTests;
  # The machines that were tested: by these the channel's cache holds whole systems.
  machines = lib.mapAttrs (_: each (made: made.cluster)) vmTests;

  hello = forSystems (system: pkgsFor.${system}.hello);

  versionSuffix = "pre${firnSrc.lastModifiedDate}.${firnSrc.shortRev}";

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
in
assert lib.assertMsg (breakTest == null || tests ? ${breakTest}) "There is no test '${breakTest}' to break; there are: ${toString (builtins.attrNames tests)}";
{
  inherit tests machines hello channel;

  tested = releaseTools.aggregate {
    name = "${channelName}-tested";
    constituents = lib.collect lib.isDerivation { inherit tests machines hello channel; };
    meta.description = "Release-critical jobs of ${channelName}";
  };
}
