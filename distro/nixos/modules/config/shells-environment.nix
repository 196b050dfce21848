# The environment of login shells: /etc/profile, /etc/set-environment, /etc/bashrc, /etc/shells.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types mkOptionDefault;
  cfg = config.environment;
  # Lists are joined by colons.
  variables = types.attrsOf (types.nullOr (types.either (types.listOf (types.oneOf [ types.int types.str types.path ])) (types.oneOf [ types.int types.str types.path ])));
  text = v: if builtins.isList v then lib.concatStringsSep ":" (map toString v) else toString v;
  exports = set: lib.concatStrings (lib.mapAttrsToList (n: v: lib.optionalString (v != null) "export ${n}=\"${text v}\"\n") set);
  setEnvironment = pkgs.writeText "set-environment" ''
    # DO NOT EDIT -- this file has been generated automatically.
    # Prevent this file from being sourced by child shells.
    export __NIXOS_SET_ENVIRONMENT_DONE=1
    ${exports (cfg.sessionVariables // cfg.variables)}export PATH="${lib.concatMapStringsSep ":" (p: "${p}/bin") ([ "/run/wrappers" ] ++ cfg.profiles)}:/run/current-system/sw/sbin''${PATH:+:$PATH}"
    ${cfg.extraInit}
  '';
in
{
  options = {
    environment.variables = mkOption { default = { }; type = variables; description = "Variables set in shells."; };
    environment.sessionVariables = mkOption { default = { }; type = variables; description = "Variables set at login."; };
    environment.shellInit = mkOption { default = ""; type = types.lines; description = "Commands of every shell."; };
    environment.loginShellInit = mkOption { default = ""; type = types.lines; description = "Commands of login shells."; };
    environment.interactiveShellInit = mkOption { default = ""; type = types.lines; description = "Commands of interactive shells."; };
    environment.extraInit = mkOption { default = ""; type = types.lines; description = "Commands of login shells, after the environment is set."; };
    environment.shellAliases = mkOption { default = { }; type = types.attrsOf (types.nullOr (types.either types.str types.path)); description = "Aliases of interactive shells."; };
    environment.shells = mkOption { default = [ ]; type = types.listOf (types.either types.shellPackage types.path); description = "Shells that users may have."; };
    environment.homeBinInPath = mkOption { default = false; type = types.bool; description = "Whether ~/bin is in the path."; };
    programs.bash = {
      enable = mkOption { default = true; type = types.bool; description = "Whether bash is configured for all users."; };
      shellInit = mkOption { default = ""; type = types.lines; description = "Commands of every bash."; };
      loginShellInit = mkOption { default = ""; type = types.lines; description = "Commands of login bashes."; };
      interactiveShellInit = mkOption { default = ""; type = types.lines; description = "Commands of interactive bashes."; };
      promptInit = mkOption {
        default = ''
          if [ "$TERM" != dumb ]; then PS1='[\u@\h:\w]\$ '; fi
        '';
        type = types.lines;
        description = "Commands that set the prompt.";
      };
    };
  };
  config = {
    system.build.setEnvironment = setEnvironment;
    environment.variables = {
      LESS = mkOptionDefault "-R";
      PAGER = mkOptionDefault "less";
      NIX_PATH = mkOptionDefault "nixpkgs=/nix/var/nix/profiles/per-user/root/channels/nixos:nixos-config=/etc/nixos/configuration.nix";
      TZDIR = mkOptionDefault "/etc/zoneinfo";
    };
    environment.shellAliases = { ls = mkOptionDefault "ls --color=tty"; ll = mkOptionDefault "ls -l"; };
    environment.shells = [ "/run/current-system/sw/bin/bash" "/bin/sh" ];
    environment.etc = {
      "set-environment".source = setEnvironment;
      # The first place in which libtinfo looks.
      terminfo.source = "${pkgs.seeds.ncurses-base or pkgs.ncurses}/lib/terminfo";
      profile.text = ''
        # /etc/profile: DO NOT EDIT -- this file has been generated automatically.
        if [ -n "$__ETC_PROFILE_SOURCED" ]; then return; fi
        __ETC_PROFILE_SOURCED=1
        # Prevent this file from being sourced by interactive non-login child shells.
        export __ETC_PROFILE_DONE=1
        if [ -z "$__NIXOS_SET_ENVIRONMENT_DONE" ]; then . /etc/set-environment; fi
        ${cfg.shellInit}
        ${config.programs.bash.shellInit}
        ${cfg.loginShellInit}
        ${config.programs.bash.loginShellInit}
        if [ -n "''${BASH_VERSION:-}" ] && [ "''${PS1+set}" ]; then . /etc/bashrc; fi
      '';
      bashrc.text = ''
        # /etc/bashrc: DO NOT EDIT -- this file has been generated automatically.
        if [ -n "$__ETC_BASHRC_SOURCED" ] || [ -n "$NOSYSBASHRC" ]; then return; fi
        __ETC_BASHRC_SOURCED=1
        if [ -z "$__ETC_PROFILE_DONE" ]; then . /etc/profile; fi
        if [ -n "$PS1" ]; then
          shopt -s checkwinsize
          ${config.programs.bash.promptInit}
          ${lib.concatStrings (lib.mapAttrsToList (n: v: lib.optionalString (v != null) "alias ${n}=${lib.escapeShellArg (toString v)}\n") cfg.shellAliases)}
          ${cfg.interactiveShellInit}
          ${config.programs.bash.interactiveShellInit}
        fi
      '';
      inputrc.text = ''
        set bell-style none
        set meta-flag on
        set input-meta on
        set convert-meta off
        set output-meta on
        "\e[1~": beginning-of-line
        "\e[4~": end-of-line
        "\e[3~": delete-char
        "\e[5~": beginning-of-history
        "\e[6~": end-of-history
      '';
      shells.text = lib.concatMapStrings (s: "${if lib.isDerivation s then "/run/current-system/sw${s.shellPath}" else toString s}\n") cfg.shells;
    };
  };
}
