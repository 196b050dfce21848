# The system as one store path, with the files and links that NixOS's tools know.
{ config, lib, pkgs, extendModules, baseModules, modules, ... }:
let
  inherit (lib) mkOption types;
  # A variant on top of this configuration, or on its own; variants have no variants.
  extend =
    s:
    let
      noNested = { specialisation = lib.mkOverride 0 { }; };
    in
    if s.inheritParentConfig then
      extendModules { modules = [ s.configuration noNested ]; }
    else
      import ../../../lib/eval-config.nix {
        inherit lib;
        system = null;
        pkgs = pkgs;
        modules = [ s.configuration noNested ];
      };
  failedAssertions = map (x: x.message) (builtins.filter (x: !x.assertion) config.assertions);
  checked =
    if failedAssertions != [ ] then
      throw "\nFailed assertions:\n${lib.concatMapStringsSep "\n" (x: "- ${x}") failedAssertions}"
    else
      lib.showWarnings config.warnings system;

  system = pkgs.runCommand "nixos-system-${config.system.name}-${config.system.nixos.label}"
    {
      preferLocalBuild = true;
      allowSubstitutes = false;
      passAsFile = [ "activationScript" "dryActivationScript" "extraCommands" ];
      activationScript = config.system.activationScripts.script;
      dryActivationScript = config.system.dryActivationScript;
      extraCommands = config.system.systemBuilderCommands;
      kernelParams = toString config.boot.kernelParams;
      nixosLabel = config.system.nixos.label;
      inherit (config.system) extraDependencies;
    }
    ''
      mkdir -p $out $out/bin
      ${config.system.systemBuilderKernelCommands}

      substitute_out() { sed "s|@out@|$out|g" "$1" > "$2"; chmod +x "$2"; }
      substitute_out "$activationScriptPath" $out/activate
      substitute_out "$dryActivationScriptPath" $out/dry-activate
      substitute_out ${config.system.build.bootStage2} $out/init
      ln -s ${config.system.build.etc}/etc $out/etc
      ln -s ${config.system.path} $out/sw
      ln -s ${config.systemd.package} $out/systemd

      printf '%s' "$kernelParams" > $out/kernel-params
      printf '%s' ${lib.escapeShellArg pkgs.stdenv.hostPlatform.system} > $out/system
      printf '%s' "$nixosLabel" > $out/nixos-version
      printf '%s' "systemd ${toString config.systemd.package.interfaceVersion or 2}" > $out/init-interface-version
      mkdir -p $out/specialisation
      ${lib.concatStrings (
        lib.mapAttrsToList (name: s: "ln -s ${s.configuration.system.build.toplevel} $out/specialisation/${lib.escapeShellArg name}\n") config.specialisation
      )}
      printf '%s\n' $extraDependencies > $out/extra-dependencies
      . "$extraCommandsPath"
    '';
in
{
  options = {
    system.systemBuilderCommands = mkOption { type = types.lines; internal = true; default = ""; description = "Commands of the builder of the top level."; };
    system.systemBuilderKernelCommands = mkOption { type = types.lines; internal = true; default = ""; description = "Commands that put kernel and initrd into the top level."; };
    system.extraDependencies = mkOption { type = types.listOf types.pathInStore; default = [ ]; description = "Paths that the system's closure must hold."; };
    specialisation = mkOption {
      default = { };
      description = "Variants of the configuration, offered in the boot menu along with it.";
      type = types.attrsOf (
        types.submodule (
          { ... }:
          {
            options.inheritParentConfig = mkOption { type = types.bool; default = true; description = "Whether the variant starts from this configuration."; };
            options.configuration = mkOption { type = types.deferredModule; default = { }; description = "What differs."; };
          }
        )
      );
      apply = lib.mapAttrs (_: s: s // { configuration = (extend s).config; });
    };
  };
  config.system.build.toplevel = checked;
}
