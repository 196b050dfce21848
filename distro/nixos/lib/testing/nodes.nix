# The nodes of a test as evaluated machines, joined by networks.
#
# A node's number is its place in the alphabetical order of all of them, from 1; on network <vlan> it has
# 192.168.<vlan>.<number>/24 and 2001:db8:<vlan>::<number>/64, its first network on eth1 (eth0 is QEMU's own).
# /etc/hosts of all machines names every machine by its primary address, that on its first network.
{
  lib,
  pkgs,
  system,
  nodes,
  defaults ? { },
  specialArgs ? { },
}:
let
  names = builtins.attrNames nodes;
  numberOf = name: lib.lists.findFirstIndex (n: n == name) (throw "no node '${name}'") names + 1;

  address4 = vlan: number: "192.168.${toString vlan}.${toString number}";
  address6 = vlan: number: "2001:db8:${toString vlan}::${toString number}";

  network =
    name:
    { config, nodes, ... }:
    let
      number = config.virtualisation.nodeNumber;
      interface = i: vlan: {
        name = "eth${toString i}";
        value = {
          ipv4.addresses = [ { address = address4 vlan number; prefixLength = 24; } ];
          ipv6.addresses = [ { address = address6 vlan number; prefixLength = 64; } ];
        };
      };
      # A machine finds itself by its own name through the network, too.
      hostLine =
        other:
        let
          c = other.config or other;
          hostNames = lib.optional (c.networking.domain != null && c.networking.hostName != "") c.networking.fqdn ++ [ c.networking.hostName ];
          line = address: lib.optionalString (address != "" && c.networking.hostName != "") "${address} ${toString hostNames}\n";
        in
        line c.networking.primaryIPAddress + line c.networking.primaryIPv6Address;
    in
    {
      key = "test-network-${name}";
      options.networking.primaryIPAddress = lib.mkOption { type = lib.types.str; default = ""; internal = true; description = "Address under which other machines of the test know this one."; };
      options.networking.primaryIPv6Address = lib.mkOption { type = lib.types.str; default = ""; internal = true; description = "IPv6 address under which other machines of the test know this one."; };
      config = {
        networking.hostName = lib.mkDefault name;
        networking.interfaces = lib.listToAttrs (lib.imap1 interface config.virtualisation.vlans);
        networking.primaryIPAddress = lib.mkDefault (lib.optionalString (config.virtualisation.vlans != [ ]) (address4 (lib.head config.virtualisation.vlans) number));
        networking.primaryIPv6Address = lib.mkDefault (lib.optionalString (config.virtualisation.vlans != [ ]) (address6 (lib.head config.virtualisation.vlans) number));
        networking.extraHosts = lib.concatMapStrings (n: hostLine nodes.${n}) names;
        virtualisation.nodeNumber = numberOf name;
      };
    };

  evalNode =
    name: node:
    import ../eval-config.nix {
      inherit lib system pkgs;
      specialArgs = { inherit nodes'; nodes = nodes'; } // specialArgs;
      modules = [
        node
        defaults
        (network name)
        ../../modules/virtualisation/qemu-vm.nix
        ../../modules/testing/test-instrumentation.nix
      ];
    };
  evaluated = lib.mapAttrs evalNode nodes;
  # What a node sees of the others, as NixOS gives it: their configurations.
  nodes' = lib.mapAttrs (_: e: e.config) evaluated;
in
assert lib.assertMsg (builtins.length names <= 254) "A test may have at most 254 nodes, and this one has ${toString (builtins.length names)}";
assert lib.assertMsg (nodes != { }) "A test needs at least one node";
{
  inherit evaluated;
  configs = nodes';
}
