# The journal.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.services.journald;
in
{
  options.services.journald = {
    console = mkOption { default = ""; type = types.str; description = "Terminal to which all messages go too."; };
    storage = mkOption { default = "persistent"; type = types.enum [ "persistent" "volatile" "auto" "none" ]; description = "Where the journal is kept."; };
    rateLimitInterval = mkOption { default = "30s"; type = types.str; description = "Interval of the rate limit."; };
    rateLimitBurst = mkOption { default = 10000; type = types.int; description = "Messages a service may log within the interval."; };
    extraConfig = mkOption { default = ""; type = types.lines; description = "Further lines of journald.conf(5)."; };
    audit = mkOption { default = null; type = types.nullOr types.bool; description = "Whether the kernel's audit messages are logged; null leaves the kernel alone."; };
    forwardToSyslog = mkOption { default = false; type = types.bool; description = "Whether messages go to a syslog daemon."; };
  };
  config = {
    systemd.additionalUpstreamSystemUnits = [
      "systemd-journald.socket" "systemd-journald-dev-log.socket" "systemd-journald.service" "systemd-journal-flush.service"
    ] ++ lib.optional (cfg.audit != null && cfg.audit) "systemd-journald-audit.socket";
    environment.etc."systemd/journald.conf".text = ''
      [Journal]
      Storage=${cfg.storage}
      RateLimitInterval=${cfg.rateLimitInterval}
      RateLimitBurst=${toString cfg.rateLimitBurst}
      ${lib.optionalString (cfg.console != "") ''
        ForwardToConsole=yes
        TTYPath=${cfg.console}
      ''}${lib.optionalString cfg.forwardToSyslog "ForwardToSyslog=yes\n"}${
        lib.optionalString (cfg.audit != null) "Audit=${if cfg.audit then "yes" else "no"}\n"
      }${cfg.extraConfig}
    '';
    systemd.services.systemd-journald = {
      overrideStrategy = "asDropin";
      enableDefaultPath = false;
      restartTriggers = [ config.environment.etc."systemd/journald.conf".source ];
      stopIfChanged = false;
    };
  };
}
