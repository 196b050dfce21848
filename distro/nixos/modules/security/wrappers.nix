# Programs that run with the rights of another user: copies in /run/wrappers/bin, the only place where the
# setuid bit counts, since files of the store never have it. The folder is a file system of its own.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  wrapperOptions =
    { name, ... }:
    {
      options = {
        enable = mkOption { type = types.bool; default = true; description = "Whether the wrapper is there."; };
        source = mkOption { type = types.path; description = "The program."; };
        program = mkOption { type = types.nullOr types.str; default = name; description = "Name of the wrapper."; };
        owner = mkOption { type = types.str; description = "Owner of the wrapper."; };
        group = mkOption { type = types.str; description = "Group of the wrapper."; };
        permissions = mkOption { type = types.strMatching "[ugorwx,+=-]*|[0-7]{3,4}"; default = "u+rx,g+x,o+x"; description = "Mode of the wrapper."; };
        capabilities = mkOption { type = types.commas; default = ""; description = "Capabilities of the program."; };
        setuid = mkOption { type = types.bool; default = false; description = "Whether it runs as its owner."; };
        setgid = mkOption { type = types.bool; default = false; description = "Whether it runs with its group."; };
      };
    };
  wrappers = builtins.filter (w: w.enable) (builtins.attrValues config.security.wrappers);
  special = w: lib.optional w.setuid "u+s" ++ lib.optional w.setgid "g+s";
  isPlain = w: w.owner == "root" && w.group == "root" && w.setuid && !w.setgid && w.capabilities == "" && w.permissions == "u+rx,g+x,o+x" && baseNameOf (toString w.source) == w.program;
  plain = lib.partition isPlain wrappers;
  commands = w: ''
    cp -L ${w.source} /run/wrappers/bin/${w.program}
    chmod 0000 /run/wrappers/bin/${w.program}
    chown ${w.owner}:${w.group} /run/wrappers/bin/${w.program}
    chmod ${lib.concatStringsSep "," ([ w.permissions ] ++ special w)} /run/wrappers/bin/${w.program}
    ${lib.optionalString (w.capabilities != "") "${pkgs.libcap}/bin/setcap ${lib.escapeShellArg w.capabilities} /run/wrappers/bin/${w.program}"}
  '';
in
{
  options.security.wrappers = mkOption { type = types.attrsOf (types.submodule wrapperOptions); default = { }; description = "Programs that run with other rights than those who start them."; };
  options.security.wrapperDir = mkOption { type = types.path; default = "/run/wrappers/bin"; internal = true; description = "Where wrappers are."; };
  config = {
    security.wrappers = lib.genAttrs [ "passwd" "newgrp" ] (name: { setuid = true; owner = "root"; group = "root"; source = "${pkgs.shadow}/bin/${name}"; })
      // lib.genAttrs [ "su" "mount" "umount" ] (name: { setuid = true; owner = "root"; group = "root"; source = "${pkgs.util-linux}/bin/${name}"; })
      // { unix_chkpwd = { setuid = true; owner = "root"; group = "root"; source = "${pkgs.linux-pam}/bin/unix_chkpwd"; }; };
    system.activationScripts.wrappers = lib.stringAfter [ "users" "groups" ] ''
      # Programs with the rights of others, made anew in a folder that then takes the place of the old one.
      if [[ "$(< /proc/self/mounts)" != *" /run/wrappers/bin "* ]]; then
        [ -d /run/wrappers/bin ] || $bb mkdir -p /run/wrappers/bin
        $bb mount -t tmpfs -o nodev,mode=0755,size=64m tmpfs /run/wrappers/bin
      else
        $bb rm -f /run/wrappers/bin/*
      fi
      ${lib.optionalString (plain.right != [ ]) ''
        $bb cp -L ${lib.concatMapStringsSep " " (w: "${w.source}") plain.right} /run/wrappers/bin/
        $bb chmod 4511 ${lib.concatMapStringsSep " " (w: "/run/wrappers/bin/${w.program}") plain.right}
      ''}${lib.concatMapStrings commands plain.wrong}
    '';
  };
}
