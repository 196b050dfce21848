# The clock by NTP.
{ config, lib, ... }:
let
  inherit (lib) mkOption types mkIf;
  cfg = config.services.timesyncd;
in
{
  options.services.timesyncd = {
    enable = mkOption { default = !config.boot.isContainer; type = types.bool; description = "Whether systemd-timesyncd sets the clock."; };
    servers = mkOption { default = config.networking.timeServers; type = types.nullOr (types.listOf types.str); description = "Time servers."; };
    fallbackServers = mkOption { default = null; type = types.nullOr (types.listOf types.str); description = "Time servers when no others are known."; };
    extraConfig = mkOption { default = ""; type = types.lines; description = "Further lines of timesyncd.conf(5)."; };
  };
  config = mkIf cfg.enable {
    systemd.additionalUpstreamSystemUnits = [ "systemd-timesyncd.service" ];
    systemd.services.systemd-timesyncd = {
      overrideStrategy = "asDropin";
      enableDefaultPath = false;
      wantedBy = [ "sysinit.target" ];
      aliases = [ "dbus-org.freedesktop.timesync1.service" ];
      restartTriggers = [ config.environment.etc."systemd/timesyncd.conf".source ];
    };
    environment.etc."systemd/timesyncd.conf".text = ''
      [Time]
      ${lib.optionalString (cfg.servers != null) "NTP=${toString cfg.servers}\n"}${lib.optionalString (cfg.fallbackServers != null) "FallbackNTP=${toString cfg.fallbackServers}\n"}${cfg.extraConfig}
    '';
    users.users.systemd-timesync = { uid = config.ids.uids.systemd-timesync; group = "systemd-timesync"; isSystemUser = true; };
    users.groups.systemd-timesync.gid = config.ids.gids.systemd-timesync;
  };
}
