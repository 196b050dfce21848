# Machines as a store path for the driver: `cluster.json`, and the list of all store paths that they need.
{
  lib,
  pkgs,
  name,
  configs,
}:
let
  machines = lib.mapAttrsToList (_: c: c.system.build.machine) configs;
  roots = lib.concatMap (c: c.system.build.vmClosureRoots) (builtins.attrValues configs);
  closure = pkgs.closureInfo { rootPaths = roots; };
  description = {
    format = 1;
    inherit name machines;
    storePaths = "${closure}/store-paths";
  };
in
pkgs.runCommand "cluster-${name}"
  {
    preferLocalBuild = true;
    passAsFile = [ "description" ];
    description = builtins.toJSON description;
    passthru = { inherit configs; };
  }
  ''
    mkdir -p $out
    cp "$descriptionPath" $out/cluster.json
  ''
