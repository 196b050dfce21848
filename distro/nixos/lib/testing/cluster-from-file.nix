# The cluster of a file of nodes: `{ nodes = { ... }; }`, or a function of `{ pkgs, lib }` that gives it. This is what the
# driver evaluates for a test that runs in place.
{
  file,
  name ? null,
  system ? builtins.currentSystem,
}:
let
  testing = import ./. { inherit system; };
  inherit (testing) pkgs lib;
  loaded = import (if builtins.isString file then /. + file else file);
  description = if builtins.isFunction loaded then loaded (builtins.intersectAttrs (builtins.functionArgs loaded) { inherit pkgs lib; }) else loaded;
  stem = builtins.head (builtins.split "\\." (baseNameOf (toString file)));
in
testing.makeCluster {
  name = if name != null then name else description.name or stem;
  nodes = description.nodes or (throw "'${toString file}' has no attribute 'nodes'");
  defaults = description.defaults or { };
  specialArgs = description.specialArgs or { };
}
