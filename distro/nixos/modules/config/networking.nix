# Host names: /etc/hosts, /etc/hostname, /etc/resolv.conf.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types mkIf;
  cfg = config.networking;
  fqdn = if cfg.hostName != "" && cfg.domain != null then "${cfg.hostName}.${cfg.domain}" else cfg.hostName;
  hostLines = lib.concatStrings (lib.mapAttrsToList (ip: names: lib.optionalString (names != [ ]) "${ip} ${lib.concatStringsSep " " names}\n") cfg.hosts);
in
{
  options.networking = {
    hostName = mkOption {
      default = "nixos";
      type = types.strMatching "^$|^[[:alnum:]]([[:alnum:]_-]{0,61}[[:alnum:]])?$" // { description = "host name (at most 63 letters, digits, '-' and '_'), or empty"; };
      description = "Name of the machine. Empty means that it comes from the network.";
    };
    domain = mkOption { default = null; type = types.nullOr types.str; description = "Domain of the machine."; };
    fqdn = mkOption { readOnly = true; type = types.str; default = fqdn; description = "Host name with domain."; };
    fqdnOrHostName = mkOption { readOnly = true; type = types.str; default = fqdn; description = "Host name with domain, if there is one."; };
    hosts = mkOption { type = types.attrsOf (types.listOf types.str); default = { }; example = { "127.0.0.1" = [ "foo.bar.baz" ]; }; description = "Names by address for /etc/hosts."; };
    extraHosts = mkOption { type = types.lines; default = ""; example = "192.168.0.1 lanlocalhost"; description = "Further lines of /etc/hosts."; };
    hostFiles = mkOption { type = types.listOf types.path; default = [ ]; description = "Files that make up /etc/hosts."; };
    hostId = mkOption { default = null; type = types.nullOr types.str; description = "32-bit identifier of the machine in hexadecimal."; };
    nameservers = mkOption { type = types.listOf types.str; default = [ ]; example = [ "130.161.158.4" ]; description = "Name servers, when none are learned from the network."; };
    search = mkOption { type = types.listOf types.str; default = [ ]; description = "Domains that are tried for short names."; };
    enableIPv6 = mkOption { default = true; type = types.bool; description = "Whether IPv6 is used."; };
    timeServers = mkOption { default = map (n: "${toString n}.nixos.pool.ntp.org") [ 0 1 2 3 ]; type = types.listOf types.str; description = "Time servers."; };
    resolvconf.enable = mkOption { default = true; type = types.bool; description = "Whether /etc/resolv.conf is managed."; };
    proxy.default = mkOption { default = null; type = types.nullOr types.str; description = "Proxy of all protocols."; };
  };
  config = {
    networking.hosts = {
      "127.0.0.1" = [ "localhost" ];
      "::1" = mkIf cfg.enableIPv6 [ "localhost" ];
      "127.0.0.2" = lib.optionals (cfg.hostName != "") (lib.optional (fqdn != cfg.hostName) fqdn ++ [ cfg.hostName ]);
    };
    networking.hostFiles = [
      (builtins.toFile "hosts" (lib.concatStrings [ hostLines cfg.extraHosts ]))
    ];
    environment.etc = {
      hosts =
        if builtins.length cfg.hostFiles == 1 then
          { source = lib.head cfg.hostFiles; }
        else
          { source = pkgs.concatText "hosts" cfg.hostFiles; };
      hostname = mkIf (cfg.hostName != "") { text = cfg.hostName + "\n"; };
      "host.conf".text = "multi on\n";
      "gai.conf" = mkIf (!cfg.enableIPv6) { text = "precedence ::ffff:0:0/96 100\n"; };
      services.source = ./services;
      protocols.source = ./protocols;
    };
    boot.kernel.sysctl = mkIf (!cfg.enableIPv6) {
      "net.ipv6.conf.all.disable_ipv6" = true;
      "net.ipv6.conf.default.disable_ipv6" = true;
    };
    # What is configured is there from the first moment; a DHCP client writes its own over it.
    system.activationScripts.resolvconf = mkIf cfg.resolvconf.enable (
      lib.stringAfter [ "etc" ] (
        if cfg.nameservers == [ ] then
          "[ -e /etc/resolv.conf ] || : > /etc/resolv.conf\n"
        else
          ''
            $bb cat > /etc/resolv.conf <<'END-OF-RESOLV-CONF'
            ${lib.optionalString (cfg.search != [ ]) "search ${toString cfg.search}\n"}${lib.concatMapStrings (n: "nameserver ${n}\n") cfg.nameservers}END-OF-RESOLV-CONF
          ''
      )
    );
  };
}
