# Interfaces with fixed addresses and routes, and DHCP: one service an interface, started when the device is
# there. `network-online.target` is reached when all of them have done their work.
{ config, lib, pkgs, utils, ... }:
let
  inherit (lib) mkOption types mkIf mkDefault concatMapStrings optionalString optionals;
  cfg = config.networking;
  interfaces = builtins.attrValues cfg.interfaces;

  addressOptions = version: {
    options = {
      address = mkOption { type = types.str; description = "Address."; };
      prefixLength = mkOption { type = types.addCheck types.int (n: n >= 0 && n <= (if version == 4 then 32 else 128)) // { description = "prefix length"; }; description = "Length of the network's prefix in bits."; };
    };
  };
  routeOptions = version: {
    options = {
      address = mkOption { type = types.str; description = "Network."; };
      prefixLength = mkOption { type = types.int; description = "Length of the network's prefix in bits."; };
      via = mkOption { type = types.nullOr types.str; default = null; description = "Next hop."; };
      type = mkOption { type = types.nullOr types.str; default = null; description = "Type of the route."; };
      options = mkOption { type = types.attrsOf types.str; default = { }; description = "Further options of ip-route(8)."; };
    };
  };
  gatewayType = types.nullOr (
    types.coercedTo types.str (address: { inherit address; }) (
      types.submodule {
        options = {
          address = mkOption { type = types.str; description = "Address of the gateway."; };
          interface = mkOption { type = types.nullOr types.str; default = null; description = "Interface through which it is reached."; };
          metric = mkOption { type = types.nullOr types.int; default = null; description = "Metric of the route."; };
        };
      }
    )
  );
  interfaceOptions =
    { name, config, ... }:
    {
      options = {
        name = mkOption { type = types.str; description = "Name of the interface."; };
        ipv4.addresses = mkOption { default = [ ]; type = types.listOf (types.submodule (addressOptions 4)); description = "IPv4 addresses."; };
        ipv6.addresses = mkOption { default = [ ]; type = types.listOf (types.submodule (addressOptions 6)); description = "IPv6 addresses."; };
        ipv4.routes = mkOption { default = [ ]; type = types.listOf (types.submodule (routeOptions 4)); description = "IPv4 routes."; };
        ipv6.routes = mkOption { default = [ ]; type = types.listOf (types.submodule (routeOptions 6)); description = "IPv6 routes."; };
        useDHCP = mkOption { type = types.nullOr types.bool; default = null; description = "Whether its addresses come from DHCP; null leaves it to `networking.useDHCP`."; };
        macAddress = mkOption { type = types.nullOr types.str; default = null; description = "Hardware address."; };
        mtu = mkOption { type = types.nullOr types.int; default = null; description = "Largest size of a packet."; };
        virtual = mkOption { type = types.bool; default = false; description = "Whether it is a tun or tap device."; };
        wakeOnLan.enable = mkOption { type = types.bool; default = false; internal = true; description = "Ignored."; };
      };
      config.name = mkDefault name;
    };

  hasSettings = i: i.ipv4.addresses != [ ] || i.ipv6.addresses != [ ] || i.ipv4.routes != [ ] || i.ipv6.routes != [ ] || i.mtu != null || i.macAddress != null;
  device = name: "sys-subsystem-net-devices-${utils.escapeSystemdPath name}.device";

  gatewayCommand =
    version: gateway:
    optionalString (gateway != null) ''
      ip -${toString version} route replace default via ${gateway.address}${
        optionalString (gateway.interface != null) " dev ${gateway.interface}"
      }${optionalString (gateway.metric != null) " metric ${toString gateway.metric}"} proto static
    '';
  # A gateway belongs to the interface that it names, or else to each whose network may hold it.
  gatewayOf =
    version: gateway: i:
    optionalString (gateway != null && gateway.interface == i.name) (gatewayCommand version gateway);

  # All in one `ip -batch`: a process costs more than what it does.
  addressService =
    i:
    let
      lines =
        optionalString (i.macAddress != null) "link set dev ${i.name} address ${i.macAddress}\n"
        + optionalString (i.mtu != null) "link set dev ${i.name} mtu ${toString i.mtu}\n"
        + "link set dev ${i.name} up\n"
        + concatMapStrings (a: "addr replace ${a.address}/${toString a.prefixLength} dev ${i.name}\n") i.ipv4.addresses
        + optionalString cfg.enableIPv6 (concatMapStrings (a: "addr replace ${a.address}/${toString a.prefixLength} dev ${i.name} nodad\n") i.ipv6.addresses)
        + concatMapStrings (routeLine i) (i.ipv4.routes ++ optionals cfg.enableIPv6 i.ipv6.routes);
      batch = builtins.toFile "network-addresses-${i.name}" lines;
    in
    {
      name = "network-addresses-${i.name}";
      value = {
        description = "Address configuration of ${i.name}";
        wantedBy = [ "network.target" "multi-user.target" ];
        before = [ "network.target" "network-online.target" ];
        after = [ (device i.name) "network-pre.target" ];
        bindsTo = [ (device i.name) ];
        # network-pre.target orders the firewall before the network.
        wants = [ "network-pre.target" ];
        path = [ pkgs.iproute2 ];
        enableDefaultPath = false;
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
        };
        stopIfChanged = false;
        unitConfig.DefaultDependencies = false;
        conflicts = [ "shutdown.target" ];
        serviceConfig.ExecStart = "${pkgs.iproute2}/bin/ip -batch ${batch}";
        serviceConfig.ExecStop = "-${pkgs.iproute2}/bin/ip addr flush dev ${i.name}";
        postStart = gatewayOf 4 cfg.defaultGateway i + gatewayOf 6 cfg.defaultGateway6 i;
      };
    };
  routeLine = i: r: "route replace ${optionalString (r.type != null) "${r.type} "}${r.address}/${toString r.prefixLength}${optionalString (r.via != null) " via ${r.via}"} dev ${i.name} proto static${lib.concatStrings (lib.mapAttrsToList (n: v: " ${n} ${v}") r.options)}\n";

  # The client of busybox; its script sets what the server tells.
  dhcpScript = pkgs.writeShellScript "udhcpc-script" ''
    export PATH=${lib.makeBinPath [ pkgs.iproute2 pkgs.coreutils ]}
    case $1 in
      deconfig) ip -4 addr flush dev "$interface"; ip link set dev "$interface" up ;;
      bound|renew)
        ip -4 addr replace "$ip/''${mask:-24}" dev "$interface"
        for gateway in $router; do
          ip -4 route replace default via "$gateway" dev "$interface" proto dhcp
          break
        done
        ${optionalString cfg.resolvconf.enable ''
          if [ -n "$dns" ]; then
            {
              [ -z "''${search:-$domain}" ] || printf 'search %s\n' "''${search:-$domain}"
              for server in ${toString cfg.nameservers} $dns; do printf 'nameserver %s\n' "$server"; done
            } > /etc/.resolv.conf.tmp
            mv /etc/.resolv.conf.tmp /etc/resolv.conf
          fi
        ''}
        ;;
    esac
  '';
  dhcpService =
    { name, instance }:
    {
      description = "DHCP client on ${name}";
      after = [ "network-pre.target" (device instance) ];
      wants = [ "network.target" "network-pre.target" ];
      before = [ "network.target" ];
      bindsTo = [ (device instance) ];
      conflicts = [ "shutdown.target" ];
      unitConfig.DefaultDependencies = false;
      enableDefaultPath = false;
      serviceConfig = {
        Type = "simple";
        ExecStart = "${pkgs.busybox}/bin/busybox udhcpc --foreground --interface ${name} --script ${dhcpScript} --release --retries 5 --timeout 2 --tryagain 20";
        Restart = "always";
        RestartSec = 2;
      };
    };
  dhcpNames = map (i: i.name) (builtins.filter (i: i.useDHCP == true) interfaces);
  # With `networking.useDHCP`, every Ethernet interface that has no setting of its own asks for an address.
  excluded = map (i: i.name) (builtins.filter (i: i.useDHCP == false || (i.useDHCP == null && (i.ipv4.addresses != [ ]))) interfaces);
in
{
  options.networking = {
    interfaces = mkOption {
      default = { };
      type = types.attrsOf (types.submodule interfaceOptions);
      example = { eth0.ipv4.addresses = [ { address = "131.211.84.78"; prefixLength = 25; } ]; };
      description = "Network interfaces.";
    };
    defaultGateway = mkOption { default = null; type = gatewayType; example = "131.211.84.1"; description = "Default gateway."; };
    defaultGateway6 = mkOption { default = null; type = gatewayType; description = "Default gateway for IPv6."; };
    useDHCP = mkOption { type = types.bool; default = true; description = "Whether Ethernet interfaces without addresses of their own get them by DHCP."; };
    useNetworkd = mkOption { type = types.bool; default = false; description = "Whether systemd-networkd manages interfaces; not part of the system yet."; };
    useHostResolvConf = mkOption { type = types.bool; default = false; description = "Ignored: containers only."; };
    dhcpcd.enable = mkOption { type = types.bool; default = true; description = "Whether interfaces may be configured by DHCP."; };
    localCommands = mkOption { type = types.lines; default = ""; description = "Commands run after the network is set up."; };
  };
  config = {
    assertions = [
      { assertion = !cfg.useNetworkd; message = "networking.useNetworkd: systemd-networkd is not part of the system yet."; }
    ];
    systemd.services =
      lib.listToAttrs (map addressService (builtins.filter hasSettings interfaces))
      // lib.listToAttrs (
        map (name: {
          name = "dhcp-${name}";
          value = dhcpService { inherit name; instance = name; } // { wantedBy = [ "multi-user.target" ]; };
        }) (lib.optionals cfg.dhcpcd.enable dhcpNames)
      )
      // lib.optionalAttrs (cfg.useDHCP && cfg.dhcpcd.enable) {
        "dhcp@" = dhcpService { name = "%i"; instance = "%i"; } // { bindsTo = [ "sys-subsystem-net-devices-%i.device" ]; after = [ "network-pre.target" "sys-subsystem-net-devices-%i.device" ]; };
      }
      // lib.optionalAttrs (cfg.localCommands != "" || (cfg.defaultGateway != null && cfg.defaultGateway.interface == null) || (cfg.defaultGateway6 != null && cfg.defaultGateway6.interface == null)) {
        network-setup = {
          description = "Networking setup";
          after = [ "network-pre.target" ] ++ map (i: "network-addresses-${i.name}.service") (builtins.filter hasSettings interfaces);
          before = [ "network.target" "network-online.target" ];
          wantedBy = [ "network.target" "multi-user.target" ];
          path = [ pkgs.iproute2 ];
          serviceConfig = { Type = "oneshot"; RemainAfterExit = true; };
          script = gatewayCommand 4 cfg.defaultGateway + gatewayCommand 6 cfg.defaultGateway6 + cfg.localCommands;
        };
      };
    # udev starts the client of each Ethernet interface that turns up. Not at "add" alone: a rename is an event of its own.
    services.udev.extraRules = mkIf (cfg.useDHCP && cfg.dhcpcd.enable) ''
      ${concatMapStrings (n: "SUBSYSTEM==\"net\", NAME==\"${n}\", GOTO=\"dhcp_end\"\n") (excluded ++ dhcpNames)}ACTION!="remove", SUBSYSTEM=="net", ATTR{type}=="1", ENV{DEVTYPE}=="", KERNEL!="veth*|docker*|br*|virbr*", TAG+="systemd", ENV{SYSTEMD_WANTS}+="dhcp@$name.service"
      LABEL="dhcp_end"
    '';
    boot.kernel.sysctl = {
      "net.ipv4.ping_group_range" = mkDefault "0 2147483647";
    };
  };
}
