# Where the packages come from: the module argument `pkgs`.
{ config, options, lib, ... }:
let
  cfg = config.nixpkgs;
  opt = options.nixpkgs;
  inherit (lib) mkOption types literalExpression;
  defaultPkgs = import ../../.. {
    system = cfg.hostPlatform.system;
    inherit (cfg) config overlays;
  };
in
{
  options.nixpkgs = {
    pkgs = mkOption {
      type = types.unspecified;
      default = defaultPkgs;
      defaultText = literalExpression "import <nixpkgs> { inherit (config.nixpkgs) config overlays; system = config.nixpkgs.hostPlatform; }";
      description = "The package set. When given, `nixpkgs.config`, `nixpkgs.overlays` and `nixpkgs.hostPlatform` have no effect on it.";
      apply = p: if cfg.overlays == [ ] || !opt.pkgs.isDefined || !(p ? appendOverlays) || opt.pkgs.highestPrio >= 1500 then p else p.appendOverlays cfg.overlays;
    };
    config = mkOption {
      type = types.attrsOf types.anything;
      default = { };
      description = "Configuration of the package set.";
    };
    overlays = mkOption {
      type = types.listOf (types.mkOptionType { name = "nixpkgs-overlay"; description = "nixpkgs overlay"; check = lib.isFunction; merge = lib.mergeOneOption; });
      default = [ ];
      description = "Functions `final: prev: { ... }` laid over the package set, in order.";
    };
    system = mkOption {
      type = types.str;
      description = "System on which the machine runs, when `nixpkgs.hostPlatform` is not set.";
    };
    hostPlatform = mkOption {
      type = types.either types.str types.attrs;
      default = cfg.system;
      defaultText = literalExpression "config.nixpkgs.system";
      apply = lib.systems.elaborate;
      description = "Platform on which the machine runs.";
    };
    buildPlatform = mkOption {
      type = types.either types.str types.attrs;
      default = cfg.hostPlatform;
      defaultText = literalExpression "config.nixpkgs.hostPlatform";
      apply = lib.systems.elaborate;
      description = "Platform on which the machine's configuration is built.";
    };
  };
  config._module.args.pkgs = cfg.pkgs;
}
