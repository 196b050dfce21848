# The script that brings the state of the machine (users, /etc, links of the root folder) to what the
# configuration says; run at boot before systemd, and by a switch.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types mapAttrs attrNames textClosureMap stringAfter;

  # A snippet that fails is reported, and the rest goes on: a machine that boots can be mended.
  withHeadlines = mapAttrs (
    name: v:
    if builtins.isString v then
      headline name v
    else
      v // { text = headline name v.text; }
  );
  headline = name: text: ''
    #### Activation script snippet ${name}:
    _localstatus=0
    ${text}
    if (( _localstatus > 0 )); then
      printf "Activation script snippet '%s' failed (%s)\n" ${lib.escapeShellArg name} "$_localstatus"
    fi
  '';
  path = [ pkgs.coreutils pkgs.gnugrep pkgs.findutils pkgs.util-linux pkgs.gawk ];

  scriptText =
    set: onlyDry:
    let
      withDeps = mapAttrs (_: v: if builtins.isString v then lib.noDepEntry v else { inherit (v) text; deps = v.deps or [ ]; }) set;
      usable = if onlyDry then mapAttrs (n: v: if set.${n}.supportsDryActivation or false then v else v // { text = "#### Activation script snippet ${n} does not support dry activation."; }) withDeps else withDeps;
      headed = withHeadlines usable;
    in
    ''
      #!${pkgs.runtimeShell}

      systemConfig='@out@'
      export PATH=${lib.makeBinPath path}
      # For what runs at every boot: it starts in a fraction of the time of a program with shared libraries.
      bb=${pkgs.busybox}/bin/busybox
      _status=0
      trap "_status=1 _localstatus=\$?" ERR
      # Ensure a consistent umask.
      umask 0022

      ${textClosureMap lib.id headed (attrNames headed)}

      ${lib.optionalString (!onlyDry) ''
        # Make this configuration the current configuration.
        $bb ln -sfn "$systemConfig" /run/current-system
      ''}
      exit $_status
    '';
  snippet = types.either types.str (
    types.submodule {
      options = {
        deps = mkOption { type = types.listOf types.str; default = [ ]; description = "Snippets that must run before."; };
        text = mkOption { type = types.lines; description = "Shell commands."; };
        supportsDryActivation = mkOption {
          type = types.bool;
          default = false;
          description = "Whether the snippet honours `$NIXOS_ACTION` being `dry-activate`.";
        };
      };
    }
  );
in
{
  options.system = {
    activationScripts = mkOption {
      default = { };
      type = types.attrsOf snippet;
      description = "Shell snippets run when the configuration is activated; each must be idempotent and fast.";
      apply = set: set // { script = scriptText set false; };
    };
    dryActivationScript = mkOption {
      type = types.str;
      internal = true;
      readOnly = true;
      default = scriptText (removeAttrs config.system.activationScripts [ "script" ]) true;
      description = "The script run by a dry activation.";
    };
    userActivationScripts = mkOption { default = { }; type = types.attrsOf snippet; description = "Shell snippets run by user managers."; };
    build = mkOption {
      internal = true;
      default = { };
      type = types.submodule { freeformType = types.lazyAttrsOf (types.uniq types.unspecified); };
      description = "Derivations of the system.";
    };
  };
  options.environment.usrbinenv = mkOption {
    default = "${pkgs.coreutils}/bin/env";
    defaultText = lib.literalExpression ''"''${pkgs.coreutils}/bin/env"'';
    type = types.nullOr types.path;
    description = "Target of /usr/bin/env, or null to leave it away.";
  };
  options.environment.binsh = mkOption {
    default = "${config.system.build.binsh}/bin/sh";
    type = types.path;
    visible = false;
    description = "Target of /bin/sh.";
  };

  config = {
    system.build.binsh = pkgs.bash;
    system.activationScripts = {
      stdio = "";
      specialfs = "";
      binsh = stringAfter [ "stdio" ] ''
        # The one shell that has a fixed place, which system(3) needs.
        if ! [ /bin/sh -ef ${config.environment.binsh} ]; then
          [ -d /bin ] || $bb mkdir -p -m 0755 /bin
          $bb ln -sfn ${config.environment.binsh} /bin/.sh.tmp
          $bb mv /bin/.sh.tmp /bin/sh
        fi
      '';
      usrbinenv =
        if config.environment.usrbinenv != null then
          ''
            if ! [ /usr/bin/env -ef ${config.environment.usrbinenv} ]; then
              [ -d /usr/bin ] || $bb mkdir -p -m 0755 /usr/bin
              $bb ln -sfn ${config.environment.usrbinenv} /usr/bin/.env.tmp
              $bb mv /usr/bin/.env.tmp /usr/bin/env
            fi
          ''
        else
          ''
            rm -f /usr/bin/env
            if [ -d /usr/bin ]; then rmdir --ignore-fail-on-non-empty -p /usr/bin; fi
          '';
      var = ''
        # Folders that programs take for granted.
        if ! [ -d /var/lib/nixos ]; then
          $bb mkdir -p /var/lib/nixos /var/log /var/cache /var/spool /var/tmp /var/empty /home /root /boot /tmp
        fi
        [ -L /var/run ] || $bb ln -sfn /run /var/run
      '';
      etc = stringAfter [ "users" "groups" ] config.system.build.etcActivationCommands;
      # Of use to modules of others that name them.
      modprobe = stringAfter [ "specialfs" ] ''
        # Allow the kernel to find our wrapped modprobe.
        if [ -w /proc/sys/kernel/modprobe ]; then echo /run/current-system/sw/bin/modprobe > /proc/sys/kernel/modprobe; fi
      '';
    };
    systemd.tmpfiles.rules = [
      "d /root 0700 root root -"
      "d /var/empty 0555 root root -"
      "D /tmp 1777 root root 10d"
      "d /var/tmp 1777 root root 30d"
      "d /nix/var/nix/gcroots 0755 root root -"
    ];
  };
}
