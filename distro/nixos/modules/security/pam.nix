# Authentication: a file in /etc/pam.d for every service, made of the few steps that all share.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types mkDefault optionalString;
  module = name: "${pkgs.linux-pam}/lib/security/${name}.so";
  logind = config.services.logind.enable;

  serviceOptions =
    { name, config, ... }:
    {
      options = {
        name = mkOption { type = types.str; default = name; description = "Name of the service."; };
        unixAuth = mkOption { type = types.bool; default = true; description = "Whether passwords of /etc/shadow are accepted."; };
        rootOK = mkOption { type = types.bool; default = false; description = "Whether root needs no authentication."; };
        startSession = mkOption { type = types.bool; default = false; description = "Whether logind is told of the session."; };
        setLoginUid = mkOption { type = types.bool; default = config.startSession; description = "Whether the login user id of processes is set."; };
        setEnvironment = mkOption { type = types.bool; default = true; description = "Whether the session gets the system's environment."; };
        allowNullPassword = mkOption { type = types.bool; default = false; description = "Whether accounts without a password may log in."; };
        nodelay = mkOption { type = types.bool; default = false; description = "Whether a failure is answered at once."; };
        showMotd = mkOption { type = types.bool; default = false; description = "Whether the message of the day is shown."; };
        updateWtmp = mkOption { type = types.bool; default = false; description = "Whether the session is recorded in wtmp."; };
        requireWheel = mkOption { type = types.bool; default = false; description = "Whether only members of `wheel` are let in."; };
        limits = mkOption { type = types.listOf types.attrs; default = [ ]; internal = true; description = "Limits of the session."; };
        text = mkOption { type = types.nullOr types.lines; default = null; description = "Text of the file."; };
      };
      config.text = mkDefault ''
        # Account management.
        account required ${module "pam_unix"}

        # Authentication management.
        ${optionalString config.rootOK "auth sufficient ${module "pam_rootok"}\n"}${
          optionalString config.requireWheel "auth required ${module "pam_wheel"} use_uid\n"
        }${optionalString config.unixAuth "auth sufficient ${module "pam_unix"}${optionalString config.allowNullPassword " nullok"}${optionalString config.nodelay " nodelay"} likeauth try_first_pass\n"}auth required ${module "pam_deny"}

        # Password management.
        password sufficient ${module "pam_unix"} nullok yescrypt

        # Session management.
        ${optionalString config.setEnvironment "session required ${module "pam_env"} conffile=/etc/pam/environment readenv=0\n"}session required ${module "pam_unix"}
        ${optionalString config.setLoginUid "session ${if config'.boot.isContainer then "optional" else "required"} ${module "pam_loginuid"}\n"}${
          optionalString (config.startSession && logind) "session optional ${systemdModule}\n"
        }${optionalString config.showMotd "session optional ${module "pam_motd"} motd=/etc/motd\n"}
      '';
    };
  config' = config;
  systemdModule = "${config.systemd.package}/lib/security/pam_systemd.so";
  # Variables without references to others: pam_env knows its own syntax only.
  plain = lib.filterAttrs (_: v: v != null && builtins.match "[^$\"]*" (toText v) != null) config.environment.sessionVariables;
  toText = v: if builtins.isList v then lib.concatStringsSep ":" (map toString v) else toString v;
in
{
  options.security.pam = {
    services = mkOption { default = { }; type = types.attrsOf (types.submodule serviceOptions); description = "Services that authenticate through PAM."; };
    loginLimits = mkOption { default = [ ]; type = types.listOf types.attrs; internal = true; description = "Limits of sessions; not part of the system yet."; };
  };
  options.users.motd = mkOption { default = null; type = types.nullOr types.lines; description = "Message of the day."; };
  config = {
    assertions = [ { assertion = config.security.pam.loginLimits == [ ]; message = "security.pam.loginLimits is not supported yet."; } ];
    security.pam.services = {
      other.text = ''
        auth     required ${module "pam_warn"}
        auth     required ${module "pam_deny"}
        account  required ${module "pam_warn"}
        account  required ${module "pam_deny"}
        password required ${module "pam_warn"}
        password required ${module "pam_deny"}
        session  required ${module "pam_warn"}
        session  required ${module "pam_deny"}
      '';
      login = { startSession = true; allowNullPassword = true; showMotd = config.users.motd != null; };
      systemd-user = { startSession = true; setLoginUid = false; };
      su = { rootOK = true; setLoginUid = false; };
      passwd = { };
      chpasswd = { rootOK = true; };
      chsh = { rootOK = true; };
      useradd = { rootOK = true; };
      usermod = { rootOK = true; };
      userdel = { rootOK = true; };
      groupadd = { rootOK = true; };
      runuser = { rootOK = true; unixAuth = false; setEnvironment = false; };
      runuser-l = { rootOK = true; unixAuth = false; };
    };
    environment.etc = lib.mapAttrs' (_: s: lib.nameValuePair "pam.d/${s.name}" { text = s.text; }) config.security.pam.services // {
      "pam/environment".text = lib.concatStrings (lib.mapAttrsToList (n: v: "${n} DEFAULT=\"${toText v}\"\n") plain);
      motd = lib.mkIf (config.users.motd != null) { text = config.users.motd; };
    };
  };
}
