# The package set, called as nixpkgs is: `import <nixpkgs> { }`, `{ system = "aarch64-linux"; }`, `{ overlays = [ ... ]; }`.
{
  localSystem ? { system = args.system or builtins.currentSystem; },
  system ? localSystem.system or localSystem,
  crossSystem ? null,
  config ? { },
  overlays ? [ ],
}@args:
let
  nameOf = given: if builtins.isString given then given else given.system;
  loaded = if builtins.isPath config then import config else config;
in
import ./pkgs/top-level {
  localSystem = if args ? localSystem then nameOf localSystem else system;
  hostSystem = if crossSystem != null then nameOf crossSystem else if args ? localSystem then nameOf localSystem else system;
  inherit overlays;
  config = loaded;
}
