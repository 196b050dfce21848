# Tests of machines. `makeTest { name; nodes; testFile; }` gives
#   cluster  what the driver boots, for a test that runs in place;
#   test     the same test as a derivation, `vm-test-<name>`: its result is the report.
{
  system ? builtins.currentSystem,
  pkgs ? import ../../.. { inherit system; },
  lib ? pkgs.lib,
}:
let
  asFunction = v: if builtins.isFunction v then v else _: v;

  makeCluster =
    {
      name,
      nodes,
      defaults ? { },
      specialArgs ? { },
    }:
    let
      evaluated = import ./nodes.nix { inherit lib pkgs system nodes defaults specialArgs; };
    in
    import ./cluster.nix {
      inherit lib pkgs name;
      inherit (evaluated) configs;
    };

  # The derivation runs the file with the driver's own package; `testFile` may import what lies in its folder.
  makeTestDerivation =
    {
      name,
      cluster,
      testFile,
      sources ? [ ],
      meta ? { },
    }:
    let
      tests = pkgs.runCommand "vm-test-sources-${name}" { preferLocalBuild = true; } ''
        mkdir -p $out
        cp ${testFile} $out/${baseNameOf testFile}
        ${lib.concatMapStrings (f: "cp -r ${f} $out/${baseNameOf f}\n") sources}
      '';
    in
    pkgs.stdenvNoCC.mkDerivation {
      name = "vm-test-${name}";
      inherit meta;
      requiredSystemFeatures = [ "nixos-test" ];
      dontUnpack = true;
      dontFixup = true;
      passthru = { inherit cluster; };
      nativeBuildInputs = [ pkgs.nodejs pkgs.qemu pkgs.erofs-utils pkgs.e2fsprogs pkgs.firn-driver ];
      buildCommand = ''
        export FIRN_CLUSTER=${cluster}
        export HOME=$TMPDIR FIRN_ROOT=$TMPDIR/firn
        mkdir -p $out/nix-support
        firn-driver run --output $out ${tests}/${baseNameOf testFile}
        echo "report testlog $out index.html" >> $out/nix-support/hydra-build-products
      '';
    };

  makeTest =
    test:
    let
      t = asFunction test { inherit pkgs lib; };
      cluster = makeCluster (builtins.intersectAttrs (lib.functionArgs makeCluster) t);
    in
    {
      inherit cluster;
      inherit (t) name;
      test = makeTestDerivation {
        inherit (t) name testFile;
        inherit cluster;
        sources = t.sources or [ ];
        meta = t.meta or { };
      };
    };
in
{
  inherit makeCluster makeTest makeTestDerivation pkgs lib;
}
