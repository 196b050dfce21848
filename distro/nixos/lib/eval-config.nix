# Evaluates a list of modules together with all modules of the distribution.
evalConfigArgs@{
  system ? builtins.currentSystem,
  pkgs ? null,
  lib ? import ../../lib,
  baseModules ? import ../modules/module-list.nix,
  extraModules ? [ ],
  modules,
  modulesLocation ? null,
  specialArgs ? { },
  extraArgs ? { },
  prefix ? [ ],
  check ? true,
}:
let
  evaluated = lib.evalModules {
    class = "nixos";
    inherit prefix;
    modules = baseModules ++ extraModules ++ [ platform ] ++ located;
    specialArgs = { modulesPath = toString ../modules; } // specialArgs;
  };
  located = if modulesLocation == null then modules else map (lib.setDefaultModuleLocation modulesLocation) modules;
  platform = {
    _file = ./eval-config.nix;
    key = toString ./eval-config.nix;
    config = {
      _module.args = { inherit baseModules extraModules modules; } // extraArgs;
      _module.check = lib.mkDefault check;
      nixpkgs.system = lib.mkIf (system != null) (lib.mkDefault system);
      nixpkgs.pkgs = lib.mkIf (pkgs != null) (lib.mkForce pkgs);
    };
  };
  withExtras =
    configuration:
    configuration
    // {
      inherit (configuration._module.args) pkgs;
      inherit lib extraArgs;
      extendModules = args: withExtras (configuration.extendModules args);
    };
in
withExtras evaluated
