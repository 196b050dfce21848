# The SSH server.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types mkIf mkDefault optionalString concatMapStrings;
  cfg = config.services.openssh;
  setting = types.nullOr (types.oneOf [ types.bool types.int types.str (types.listOf types.str) ]);
  toText = v: if v == true then "yes" else if v == false then "no" else if builtins.isList v then lib.concatStringsSep "," v else toString v;
  settingsText = lib.concatStrings (lib.mapAttrsToList (n: v: optionalString (v != null) "${n} ${toText v}\n") cfg.settings);
  keyOptions = {
    options = {
      keys = mkOption { type = types.listOf types.singleLineStr; default = [ ]; description = "Public keys."; };
      keyFiles = mkOption { type = types.listOf types.path; default = [ ]; description = "Files with public keys."; };
    };
  };
  usersWithKeys = builtins.filter (u: u.openssh.authorizedKeys.keys != [ ] || u.openssh.authorizedKeys.keyFiles != [ ]) (builtins.attrValues config.users.users);
  keyText = u: lib.concatStringsSep "\n" (u.openssh.authorizedKeys.keys ++ map builtins.readFile u.openssh.authorizedKeys.keyFiles) + "\n";
  sshd = "${cfg.package}/bin/sshd";
in
{
  imports = [
    (lib.mkAliasOptionModule [ "services" "sshd" "enable" ] [ "services" "openssh" "enable" ])
    (lib.mkRenamedOptionModule [ "services" "openssh" "permitRootLogin" ] [ "services" "openssh" "settings" "PermitRootLogin" ])
    (lib.mkRenamedOptionModule [ "services" "openssh" "passwordAuthentication" ] [ "services" "openssh" "settings" "PasswordAuthentication" ])
  ];
  options = {
    services.openssh = {
      enable = mkOption { type = types.bool; default = false; description = "Whether the SSH server runs."; };
      package = mkOption { type = types.package; default = config.programs.ssh.package; description = "Package of the server."; };
      startWhenNeeded = mkOption { type = types.bool; default = false; description = "Whether the server is started by a connection; not part of the system yet."; };
      ports = mkOption { type = types.listOf types.port; default = [ 22 ]; description = "Ports to listen on."; };
      openFirewall = mkOption { type = types.bool; default = true; description = "Whether the firewall lets the ports in."; };
      listenAddresses = mkOption {
        type = types.listOf (
          types.submodule {
            options.addr = mkOption { type = types.nullOr types.str; default = null; description = "Address."; };
            options.port = mkOption { type = types.nullOr types.int; default = null; description = "Port."; };
          }
        );
        default = [ ];
        description = "Addresses to listen on.";
      };
      hostKeys = mkOption {
        type = types.listOf types.attrs;
        default = [
          { type = "ed25519"; path = "/etc/ssh/ssh_host_ed25519_key"; }
          { type = "rsa"; bits = 4096; path = "/etc/ssh/ssh_host_rsa_key"; }
        ];
        description = "Keys of the host; those that are missing are made before the server starts.";
      };
      banner = mkOption { type = types.nullOr types.lines; default = null; description = "Text shown before authentication."; };
      authorizedKeysFiles = mkOption { type = types.listOf types.str; default = [ ]; description = "Files with keys that may log in."; };
      authorizedKeysInHomedir = mkOption { type = types.bool; default = true; description = "Whether ~/.ssh/authorized_keys counts."; };
      allowSFTP = mkOption { type = types.bool; default = true; description = "Whether SFTP is offered."; };
      sftpFlags = mkOption { type = types.listOf types.str; default = [ ]; description = "Flags of the SFTP server."; };
      extraConfig = mkOption { type = types.lines; default = ""; description = "Further lines of sshd_config."; };
      settings = mkOption {
        default = { };
        description = "Settings of sshd_config(5).";
        type = types.submodule {
          freeformType = types.attrsOf setting;
          options = {
            PermitRootLogin = mkOption { default = "prohibit-password"; type = types.enum [ "yes" "without-password" "prohibit-password" "forced-commands-only" "no" ]; description = "Whether root may log in."; };
            PasswordAuthentication = mkOption { default = true; type = types.nullOr types.bool; description = "Whether passwords are accepted."; };
            KbdInteractiveAuthentication = mkOption { default = true; type = types.nullOr types.bool; description = "Whether questions by PAM are asked."; };
            PermitEmptyPasswords = mkOption { default = null; type = types.nullOr types.bool; description = "Whether empty passwords are accepted."; };
            X11Forwarding = mkOption { default = false; type = types.nullOr types.bool; description = "Whether X11 connections are forwarded."; };
            UseDns = mkOption { default = false; type = types.nullOr types.bool; description = "Whether names of clients are looked up."; };
            LogLevel = mkOption { default = "INFO"; type = types.nullOr types.str; description = "How much is logged."; };
            StrictModes = mkOption { default = true; type = types.nullOr types.bool; description = "Whether modes of files are checked."; };
            GatewayPorts = mkOption { default = "no"; type = types.nullOr types.str; description = "Whether others may use forwarded ports."; };
            AllowUsers = mkOption { default = null; type = types.nullOr (types.listOf types.str); description = "Users that may log in."; };
            AllowGroups = mkOption { default = null; type = types.nullOr (types.listOf types.str); description = "Groups that may log in."; };
          };
        };
      };
    };
    programs.ssh = {
      package = mkOption { type = types.package; default = pkgs.openssh; description = "Package of SSH."; };
      extraConfig = mkOption { type = types.lines; default = ""; description = "Further lines of ssh_config."; };
      knownHosts = mkOption {
        default = { };
        type = types.attrsOf (
          types.submodule (
            { name, ... }:
            {
              options.hostNames = mkOption { type = types.listOf types.str; default = [ name ]; description = "Names and addresses of the host."; };
              options.publicKey = mkOption { type = types.str; description = "Its public key."; };
            }
          )
        );
        description = "Keys of known hosts.";
      };
    };
    users.users = mkOption {
      type = types.attrsOf (
        types.submodule {
          options.openssh.authorizedKeys = mkOption { default = { }; type = types.submodule keyOptions; description = "Keys that may log in as the user."; };
        }
      );
    };
  };
  config = lib.mkMerge [
    {
      environment.systemPackages = mkIf cfg.enable [ cfg.package ];
      environment.etc = {
        "ssh/ssh_config" = mkIf (cfg.enable || config.programs.ssh.extraConfig != "") { text = "GlobalKnownHostsFile /etc/ssh/ssh_known_hosts\n${config.programs.ssh.extraConfig}"; };
        "ssh/ssh_known_hosts" = mkIf (config.programs.ssh.knownHosts != { }) {
          text = lib.concatStrings (lib.mapAttrsToList (_: h: "${lib.concatStringsSep "," h.hostNames} ${h.publicKey}\n") config.programs.ssh.knownHosts);
        };
      };
    }
    (mkIf cfg.enable {
      assertions = [ { assertion = !cfg.startWhenNeeded; message = "services.openssh.startWhenNeeded is not supported yet."; } ];
      users.users.sshd = { isSystemUser = true; group = "sshd"; description = "SSH privilege separation user"; };
      users.groups.sshd = { };
      services.openssh.authorizedKeysFiles = lib.optional cfg.authorizedKeysInHomedir "%h/.ssh/authorized_keys" ++ [ "/etc/ssh/authorized_keys.d/%u" ];
      networking.firewall.allowedTCPPorts = lib.optionals cfg.openFirewall cfg.ports;
      security.pam.services.sshd = { startSession = true; unixAuth = cfg.settings.PasswordAuthentication != false; };
      environment.etc = {
        "ssh/sshd_config".text = ''
          UsePAM yes
          ${lib.concatMapStrings (p: "Port ${toString p}\n") cfg.ports}${
            concatMapStrings (l: "ListenAddress ${l.addr}${optionalString (l.port != null) ":${toString l.port}"}\n") cfg.listenAddresses
          }AddressFamily ${if config.networking.enableIPv6 then "any" else "inet"}
          ${concatMapStrings (k: "HostKey ${k.path}\n") cfg.hostKeys}AuthorizedKeysFile ${toString cfg.authorizedKeysFiles}
          PrintMotd no
          ${optionalString cfg.allowSFTP "Subsystem sftp ${cfg.package}/lib/openssh/sftp-server ${toString cfg.sftpFlags}\n"}${
            optionalString (cfg.banner != null) "Banner ${builtins.toFile "ssh-banner" cfg.banner}\n"
          }${settingsText}${cfg.extraConfig}
        '';
        "ssh/moduli" = { source = "${cfg.package}/etc/ssh/moduli"; };
      } // lib.listToAttrs (map (u: { name = "ssh/authorized_keys.d/${u.name}"; value = { text = keyText u; mode = "0444"; }; }) usersWithKeys);
      systemd.services.sshd = {
        description = "SSH Daemon";
        wantedBy = [ "multi-user.target" ];
        after = [ "network.target" ];
        stopIfChanged = false;
        path = [ cfg.package pkgs.gawk ];
        environment.LD_LIBRARY_PATH = null;
        restartTriggers = [ config.environment.etc."ssh/sshd_config".source ];
        preStart = concatMapStrings (k: ''
          if ! [ -s "${k.path}" ]; then
            if ! [ -h "${k.path}" ]; then rm -f "${k.path}"; fi
            mkdir -p "$(dirname "${k.path}")"
            chmod 0755 "$(dirname "${k.path}")"
            ssh-keygen -q -t "${k.type}" ${optionalString (k ? bits) "-b ${toString k.bits}"} -f "${k.path}" -N ""
          fi
        '') cfg.hostKeys + "mkdir -m 0755 -p /run/sshd /var/empty\n";
        serviceConfig = {
          ExecStart = "${sshd} -D -e -f /etc/ssh/sshd_config";
          ExecReload = "${pkgs.coreutils}/bin/kill -HUP $MAINPID";
          KillMode = "process";
          Restart = "always";
          Type = "simple";
        };
      };
    })
  ];
}
