# Sessions and seats.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.services.logind;
in
{
  options.services.logind = {
    enable = mkOption { default = true; type = types.bool; internal = true; description = "Whether logind runs. (An option of Firn.)"; };
    settings.Login = mkOption {
      type = types.attrsOf (types.oneOf [ types.bool types.int types.str ]);
      default = { };
      description = "Settings of logind.conf(5).";
    };
    extraConfig = mkOption { default = ""; type = types.lines; description = "Further lines of logind.conf(5)."; };
    killUserProcesses = mkOption { default = false; type = types.bool; description = "Whether the processes of a user end with the last session."; };
    lidSwitch = mkOption { default = "suspend"; type = types.str; description = "What happens when the lid is closed."; };
    powerKey = mkOption { default = "poweroff"; type = types.str; description = "What the power key does."; };
  };
  config = {
    environment.etc."systemd/logind.conf".text = lib.generators.toINI { } {
      Login = {
        KillUserProcesses = if cfg.killUserProcesses then "yes" else "no";
        HandleLidSwitch = cfg.lidSwitch;
        HandlePowerKey = cfg.powerKey;
      } // lib.mapAttrs (_: v: if v == true then "yes" else if v == false then "no" else v) cfg.settings.Login;
    } + cfg.extraConfig;
    systemd.services.systemd-logind = lib.mkIf cfg.enable {
      overrideStrategy = "asDropin";
      enableDefaultPath = false;
      # Sessions live through a switch.
      restartIfChanged = false;
      wantedBy = [ "multi-user.target" ];
      # Its own condition asks for D-Bus at a place that does not exist here.
      unitConfig.ConditionPathExists = [ "" ];
      aliases = [ "dbus-org.freedesktop.login1.service" ];
    };
    systemd.suppressedSystemUnits = lib.mkIf (!cfg.enable) [ "systemd-logind.service" ];
    systemd.services."user@" = {
      overrideStrategy = "asDropin";
      enableDefaultPath = false;
      restartIfChanged = false;
    };
    systemd.services."user-runtime-dir@" = {
      overrideStrategy = "asDropin";
      enableDefaultPath = false;
      restartIfChanged = false;
    };
  };
}
