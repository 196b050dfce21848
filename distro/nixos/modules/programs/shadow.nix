# Rules of logins and accounts: /etc/login.defs and its kin.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.security.loginDefs;
in
{
  options.security.loginDefs.settings = mkOption {
    type = types.attrsOf (types.oneOf [ types.str types.int types.bool ]);
    default = { };
    description = "Settings of login.defs(5).";
  };
  config = {
    security.loginDefs.settings = lib.mapAttrs (_: lib.mkDefault) {
      DEFAULT_HOME = "yes";
      SYS_UID_MIN = 400;
      SYS_UID_MAX = 999;
      UID_MIN = 1000;
      UID_MAX = 29999;
      SYS_GID_MIN = 400;
      SYS_GID_MAX = 999;
      GID_MIN = 1000;
      GID_MAX = 29999;
      TTYGROUP = "tty";
      TTYPERM = "0620";
      UMASK = "077";
      ENCRYPT_METHOD = "YESCRYPT";
      ENV_PATH = "PATH=/run/wrappers/bin:/run/current-system/sw/bin";
      ENV_SUPATH = "PATH=/run/wrappers/bin:/run/current-system/sw/bin:/run/current-system/sw/sbin";
      LOG_UNKFAIL_ENAB = "no";
      HUSHLOGIN_FILE = ".hushlogin";
    };
    environment.etc = {
      "login.defs".text = lib.concatStrings (lib.mapAttrsToList (n: v: "${n} ${if v == true then "yes" else if v == false then "no" else toString v}\n") cfg.settings);
      "default/useradd".text = "GROUP=100\nHOME=/home\nSHELL=/run/current-system/sw/bin/bash\n";
      securetty = { text = ""; enable = false; };
    };
  };
}
