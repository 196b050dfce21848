# Devices: the rules of systemd, of packages and of the configuration. The hardware database is compiled when
# the system is built; reading its sources at boot costs seconds.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types mkIf;
  cfg = config.services.udev;
in
{
  options = {
    services.udev = {
      enable = mkOption { default = true; type = types.bool; description = "Whether udev runs."; };
      packages = mkOption { default = [ ]; type = types.listOf types.path; description = "Packages that bring rules."; };
      extraRules = mkOption { default = ""; type = types.lines; description = "Further rules, read last."; };
      extraHwdb = mkOption { default = ""; type = types.lines; description = "Further entries of the hardware database."; };
      path = mkOption { default = [ ]; type = types.listOf types.path; description = "Packages whose programs rules run by name."; };
      upstreamRules = mkOption {
        internal = true;
        type = types.nullOr (types.listOf types.str);
        default = null;
        description = "Rules of systemd that are used; null means all of them.";
      };
    };
    hardware.firmware = mkOption { type = types.listOf types.package; default = [ ]; description = "Packages with firmware of devices."; };
    networking.usePredictableInterfaceNames = mkOption { default = true; type = types.bool; description = "Whether network interfaces get names from their place in the machine."; };
  };
  config = mkIf cfg.enable {
    environment.etc."udev/rules.d".source = pkgs.runCommand "udev-rules"
      {
        preferLocalBuild = true;
        passAsFile = [ "localRules" ];
        localRules = cfg.extraRules;
        packages = map toString cfg.packages;
        upstream = if cfg.upstreamRules == null then [ "*.rules" ] else cfg.upstreamRules;
      }
      ''
        mkdir -p $out
        for pattern in $upstream; do
          for file in ${config.systemd.package}/lib/udev/rules.d/$pattern; do [ -e "$file" ] && ln -s "$file" $out/; done
        done
        for package in $packages; do
          for file in $package/etc/udev/rules.d/*.rules $package/lib/udev/rules.d/*.rules; do [ -e "$file" ] && ln -sfn "$file" $out/; done
        done
        ${lib.optionalString (!config.networking.usePredictableInterfaceNames) "ln -sfn /dev/null $out/80-net-setup-link.rules"}
        cp "$localRulesPath" $out/99-local.rules
      '';
    environment.etc."udev/udev.conf".text = "";
    boot.kernelParams = lib.optional (!config.networking.usePredictableInterfaceNames) "net.ifnames=0";
    systemd.services.systemd-udevd = {
      overrideStrategy = "asDropin";
      enableDefaultPath = false;
      restartTriggers = [ config.environment.etc."udev/rules.d".source ];
      stopIfChanged = false;
    };
  };
}
