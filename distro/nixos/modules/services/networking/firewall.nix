# The firewall, as one nftables table: what comes in is refused except answers, what is allowed by port and
# interface, and pings. Loaded before the network is up, in one transaction.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types mkIf concatMapStrings optionalString concatStringsSep;
  cfg = config.networking.firewall;
  nft = config.networking.nftables;

  rangeType = types.attrsOf types.port;
  perInterface = {
    allowedTCPPorts = mkOption { type = types.listOf types.port; default = [ ]; apply = ports: lib.unique (builtins.sort builtins.lessThan ports); example = [ 22 80 ]; description = "TCP ports on which connections are accepted."; };
    allowedTCPPortRanges = mkOption { type = types.listOf rangeType; default = [ ]; example = [ { from = 8999; to = 9003; } ]; description = "Ranges of TCP ports on which connections are accepted."; };
    allowedUDPPorts = mkOption { type = types.listOf types.port; default = [ ]; apply = ports: lib.unique (builtins.sort builtins.lessThan ports); description = "UDP ports on which packets are accepted."; };
    allowedUDPPortRanges = mkOption { type = types.listOf rangeType; default = [ ]; description = "Ranges of UDP ports on which packets are accepted."; };
  };
  portSet = ports: ranges: concatStringsSep ", " (map toString ports ++ map (r: "${toString r.from}-${toString r.to}") ranges);
  portRules =
    match: set:
    let
      rule = protocol: ports: optionalString (ports != "") "    ${match}${protocol} dport { ${ports} } accept\n";
    in
    rule "tcp" (portSet set.allowedTCPPorts set.allowedTCPPortRanges) + rule "udp" (portSet set.allowedUDPPorts set.allowedUDPPortRanges);

  ruleset = ''
    table inet nixos-fw
    delete table inet nixos-fw
    table inet nixos-fw {
    ${optionalString (cfg.checkReversePath != false) ''
      chain rpfilter {
        type filter hook prerouting priority mangle + 10; policy drop;
        meta nfproto ipv4 udp sport . udp dport { 67 . 68, 68 . 67 } accept
        fib saddr . mark${optionalString (cfg.checkReversePath != "loose") " . iif"} oif exists accept
        ${optionalString cfg.logReversePathDrops ''log level info prefix "rpfilter drop: "''}
      }
    ''}
      chain input {
        type filter hook input priority filter; policy drop;
        ct state vmap { invalid : drop, established : accept, related : accept, new : jump input-allow, untracked : jump input-allow }
        ${optionalString (cfg.trustedInterfaces != [ ]) "iifname { ${concatStringsSep ", " (map (i: "\"${i}\"") cfg.trustedInterfaces)} } accept"}
        ${optionalString cfg.logRefusedConnections ''tcp flags syn / fin,syn,rst,ack log level info prefix "refused connection: "''}
        ${optionalString cfg.rejectPackets "meta l4proto tcp reject with tcp reset\n    reject"}
      }
      chain input-allow {
    ${portRules "" cfg}${lib.concatStrings (lib.mapAttrsToList (name: portRules "iifname \"${name}\" ") cfg.interfaces)}
        ${optionalString cfg.allowPing "icmp type echo-request ${optionalString (cfg.pingLimit != null) "limit rate ${cfg.pingLimit} "}accept"}
        icmpv6 type != { nd-redirect, 139 } accept
        ip6 daddr fe80::/64 udp dport 546 accept
        ${cfg.extraInputRules}
      }
    ${optionalString cfg.filterForward ''
      chain forward {
        type filter hook forward priority filter; policy drop;
        ct state vmap { invalid : drop, established : accept, related : accept }
        ${cfg.extraForwardRules}
      }
    ''}
    }
  '';
  tables = lib.concatStrings (
    lib.mapAttrsToList (
      name: t: optionalString t.enable "table ${t.family} ${t.name}\ndelete table ${t.family} ${t.name}\ntable ${t.family} ${t.name} {\n${t.content}\n}\n"
    ) nft.tables
  );
  rulesFile = pkgs.writeText "nftables.nft" (optionalString cfg.enable ruleset + tables + nft.ruleset);
  modules = [ "nf_tables" "nft_ct" ] ++ lib.optionals cfg.enable ([ "nf_log_syslog" "nft_log" ] ++ lib.optional (cfg.checkReversePath != false) "nft_fib_inet");
  active = cfg.enable || nft.enable;
in
{
  options.networking.firewall = perInterface // {
    enable = mkOption { type = types.bool; default = true; description = "Whether the firewall is on."; };
    package = mkOption { type = types.package; default = pkgs.nftables; internal = true; description = "Package of the firewall's tool."; };
    logRefusedConnections = mkOption { type = types.bool; default = true; description = "Whether refused connections are logged."; };
    logRefusedPackets = mkOption { type = types.bool; default = false; description = "Whether refused packets are logged."; };
    logReversePathDrops = mkOption { type = types.bool; default = false; description = "Whether packets from wrong sources are logged."; };
    rejectPackets = mkOption { type = types.bool; default = false; description = "Whether the sender is told of a refusal."; };
    allowPing = mkOption { type = types.bool; default = true; description = "Whether pings are answered."; };
    pingLimit = mkOption { type = types.nullOr types.str; default = null; example = "2/second burst 5 packets"; description = "How many pings are answered."; };
    checkReversePath = mkOption { type = types.either types.bool (types.enum [ "strict" "loose" ]); default = true; description = "Whether packets must come from where answers would go."; };
    trustedInterfaces = mkOption { type = types.listOf types.str; default = [ ]; description = "Interfaces from which all is accepted."; apply = l: lib.unique ([ "lo" ] ++ l); };
    filterForward = mkOption { type = types.bool; default = false; description = "Whether forwarded packets are filtered."; };
    extraInputRules = mkOption { type = types.lines; default = ""; description = "Further rules of accepted packets."; };
    extraForwardRules = mkOption { type = types.lines; default = ""; description = "Further rules of forwarded packets."; };
    interfaces = mkOption { default = { }; type = types.attrsOf (types.submodule { options = perInterface; }); description = "Ports that are open on one interface."; };
  };
  options.networking.nftables = {
    enable = mkOption { type = types.bool; default = true; description = "Whether packet filters are loaded by nftables. There is no other way here."; };
    ruleset = mkOption { type = types.lines; default = ""; description = "Further text for nft(8)."; };
    tables = mkOption {
      default = { };
      description = "Tables by name.";
      type = types.attrsOf (
        types.submodule (
          { name, ... }:
          {
            options = {
              enable = mkOption { type = types.bool; default = true; description = "Whether the table is there."; };
              name = mkOption { type = types.str; default = name; description = "Name of the table."; };
              family = mkOption { type = types.enum [ "ip" "ip6" "inet" "arp" "bridge" "netdev" ]; description = "Family of the table."; };
              content = mkOption { type = types.lines; description = "What the table holds."; };
            };
          }
        )
      );
    };
  };
  config = mkIf active {
    environment.systemPackages = [ pkgs.nftables ];
    system.build.nftablesRules = rulesFile;
    systemd.services.nftables = {
      description = "nftables firewall";
      before = [ "network-pre.target" "shutdown.target" ];
      conflicts = [ "shutdown.target" ];
      wants = [ "network-pre.target" ];
      wantedBy = [ "multi-user.target" ];
      reloadIfChanged = true;
      enableDefaultPath = false;
      unitConfig.DefaultDependencies = false;
      aliases = [ "firewall.service" ];
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        # All modules in one go: else the kernel starts a process for each that a rule needs.
        ExecStartPre = "-${pkgs.kmod}/bin/modprobe -qa ${toString modules}";
        ExecStart = "${pkgs.nftables}/bin/nft -f ${rulesFile}";
        ExecReload = "${pkgs.nftables}/bin/nft -f ${rulesFile}";
        ExecStop = "${pkgs.nftables}/bin/nft flush ruleset";
      };
    };
  };
}
