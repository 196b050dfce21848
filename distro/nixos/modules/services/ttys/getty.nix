# Login prompts on virtual consoles and serial lines.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.services.getty;
  args = [ "--login-program" "${cfg.loginProgram}" ] ++ lib.optionals (cfg.autologinUser != null) [ "--autologin" cfg.autologinUser ] ++ cfg.extraArgs;
  agetty = extra: "${pkgs.util-linux}/sbin/agetty ${lib.escapeShellArgs (args ++ extra)}";
in
{
  options.services.getty = {
    autologinUser = mkOption { type = types.nullOr types.str; default = null; description = "User logged in by itself."; };
    loginProgram = mkOption { type = types.path; default = "${pkgs.shadow}/bin/login"; description = "Program that asks for the password."; };
    loginOptions = mkOption { type = types.nullOr types.str; default = null; internal = true; description = "Arguments of the login program."; };
    extraArgs = mkOption { type = types.listOf types.str; default = [ ]; description = "Further arguments of agetty."; };
    greetingLine = mkOption { type = types.str; default = ''<<< Welcome to ${config.system.nixos.distroName} ${config.system.nixos.label} (\m) - \l >>>''; description = "First line of the greeting."; };
    helpLine = mkOption { type = types.lines; default = ""; description = "Last lines of the greeting."; };
  };
  config = {
    systemd.services."getty@" = {
      overrideStrategy = "asDropin";
      enableDefaultPath = false;
      serviceConfig.ExecStart = [ "" (agetty [ "--noclear" "--keep-baud" ] + " %I 115200,38400,9600 $TERM") ];
      environment.TTY = "%I";
      restartIfChanged = false;
    };
    systemd.services."serial-getty@" = {
      overrideStrategy = "asDropin";
      enableDefaultPath = false;
      serviceConfig.ExecStart = [ "" (agetty [ "--keep-baud" ] + " %I 115200,57600,38400,9600 $TERM") ];
      environment.TTY = "%I";
      restartIfChanged = false;
    };
    # logind starts one on the first console when somebody looks at it; this is for machines without logind too.
    systemd.targets.getty = { wantedBy = [ "multi-user.target" ]; wants = [ "getty@tty1.service" ]; overrideStrategy = "asDropin"; };
    environment.etc.issue.text = ''

      ${cfg.greetingLine}
      ${cfg.helpLine}

    '';
  };
}
