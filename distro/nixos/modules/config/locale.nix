# Time zone and language.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  tz = config.time.timeZone;
in
{
  options = {
    time.timeZone = mkOption {
      default = null;
      type = types.nullOr (types.strMatching "[^ ]+" // { description = "null or string without spaces"; });
      example = "America/New_York";
      description = "Time zone; null means UTC, and that it may be set on the machine itself.";
    };
    time.hardwareClockInLocalTime = mkOption { default = false; type = types.bool; description = "Whether the hardware clock shows local time."; };
    i18n.defaultLocale = mkOption { type = types.str; default = "C.UTF-8"; example = "nl_NL.UTF-8"; description = "Language and conventions of the system."; };
    i18n.extraLocaleSettings = mkOption { type = types.attrsOf types.str; default = { }; description = "Further `LC_*` variables."; };
    i18n.supportedLocales = mkOption { type = types.listOf types.str; default = [ ]; description = "Locales that the system knows besides those built into the C library. None are packaged yet."; };
    console.keyMap = mkOption { type = types.either types.str types.path; default = "us"; description = "Keyboard layout of virtual consoles."; };
    console.font = mkOption { type = types.nullOr (types.either types.str types.path); default = null; description = "Font of virtual consoles."; };
    console.enable = mkOption { type = types.bool; default = true; description = "Whether virtual consoles are set up."; };
  };
  config = {
    environment.etc = {
      zoneinfo.source = "${pkgs.tzdata}/share/zoneinfo";
      "locale.conf".text = "LANG=${config.i18n.defaultLocale}\n${lib.concatStrings (lib.mapAttrsToList (n: v: "${n}=${v}\n") config.i18n.extraLocaleSettings)}";
    }
    // {
      "vconsole.conf".text = "KEYMAP=${toString config.console.keyMap}\n${lib.optionalString (config.console.font != null) "FONT=${toString config.console.font}\n"}";
      localtime = lib.mkIf (tz != null) { source = "/etc/zoneinfo/${tz}"; mode = "direct-symlink"; };
    };
    environment.sessionVariables = { LANG = config.i18n.defaultLocale; } // config.i18n.extraLocaleSettings;
    systemd.globalEnvironment.TZDIR = "/etc/zoneinfo";
    systemd.managerEnvironment.LANG = config.i18n.defaultLocale;
  };
}
