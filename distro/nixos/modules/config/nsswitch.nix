# Where names are looked up. Modules of the C library that are not part of it are found through
# /etc/ld.so.cache, which holds nothing but them.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types mkBefore mkAfter;
  lists = what: mkOption { type = types.listOf types.str; default = [ ]; description = "Sources of ${what}."; };
  cfg = config.system.nssDatabases;
  line = name: list: lib.optionalString (list != [ ]) "${name}: ${lib.concatStringsSep " " list}\n";
in
{
  options.system = {
    nssModules = mkOption { type = types.listOf types.path; internal = true; default = [ ]; apply = lib.unique; description = "Packages with modules of the name service switch."; };
    nssDatabases = lib.genAttrs [ "passwd" "group" "shadow" "sudoers" "hosts" "services" ] lists;
  };
  config = {
    system.nssDatabases = {
      passwd = lib.mkMerge [ (mkBefore [ "files" ]) (mkAfter [ "systemd" ]) ];
      group = lib.mkMerge [ (mkBefore [ "files" ]) (mkAfter [ "systemd" ]) ];
      shadow = mkBefore [ "files" ];
      hosts = lib.mkMerge [ (mkBefore [ "files" ]) [ "myhostname" ] (mkAfter [ "dns" ]) ];
      services = mkBefore [ "files" ];
    };
    system.nssModules = [ pkgs.nssModules ];
    environment.etc."ld.so.cache".source = "${pkgs.nssModules}/etc/ld.so.cache";
    environment.etc."nsswitch.conf".text = ''
      ${line "passwd" cfg.passwd}${line "group" cfg.group}${line "shadow" cfg.shadow}${line "sudoers" cfg.sudoers}
      ${line "hosts" cfg.hosts}networks: files
      ethers: files
      ${line "services" cfg.services}protocols: files
      rpc: files
    '';
  };
}
