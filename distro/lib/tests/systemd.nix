# Unit files from options, and the names of units.
{ lib }:
let
  pkgs = {
    writeTextFile = { name, ... }: "/nix/store/00000000000000000000000000000000-${name}";
    runtimeShell = "/bin/sh";
    coreutils.outPath = "/C";
    findutils.outPath = "/F";
    gnugrep.outPath = "/G";
    gnused.outPath = "/S";
  };
  config.systemd = { package.outPath = "/D"; packages = [ ]; };
  utils = import ../../nixos/lib/utils.nix { inherit lib config pkgs; };
  s = utils.systemdUtils;
  service = definition: (lib.evalModules { modules = [ { options = s.unitOptions.serviceOptions; } { name = "x.service"; } definition ]; }).config;
  text = definition: (s.serviceToUnit "x" (service definition)).text;
  path = "Environment=\"PATH=/C/bin:/F/bin:/G/bin:/S/bin:/D/bin:/C/sbin:/F/sbin:/G/sbin:/S/sbin:/D/sbin\"\n";
in
{
  minimal = { expr = text { serviceConfig.ExecStart = "/bin/x"; }; expected = "[Unit]\n\n[Service]\n${path}ExecStart=/bin/x\n"; };
  unitSection = { expr = text { description = "D"; after = [ "a.service" "b.service" ]; enableDefaultPath = false; unitConfig.X = true; }; expected = "[Unit]\nAfter=a.service b.service\nDescription=D\nX=true\n\n[Service]\n"; };
  lists = { expr = text { enableDefaultPath = false; serviceConfig.ExecStartPre = [ "a" "b" ]; serviceConfig.Restart = null; }; expected = "[Unit]\n\n[Service]\nExecStartPre=a\nExecStartPre=b\n"; };
  script = { expr = text { enableDefaultPath = false; script = "true"; scriptArgs = "%i"; }; expected = "[Unit]\n\n[Service]\nExecStart=/nix/store/00000000000000000000000000000000-unit-script-x-start/bin/x-start %i\n"; };
  preStartJoins = { expr = text { enableDefaultPath = false; preStart = "true"; serviceConfig.ExecStartPre = "+/x"; }; expected = "[Unit]\n\n[Service]\nExecStartPre=/nix/store/00000000000000000000000000000000-unit-script-x-pre-start/bin/x-pre-start\nExecStartPre=+/x\n"; };
  switchFlags = { expr = text { enableDefaultPath = false; restartIfChanged = false; }; expected = "[Unit]\n\n[Service]\nX-RestartIfChanged=false\n"; };
  stopFlag = { expr = text { enableDefaultPath = false; stopIfChanged = false; }; expected = "[Unit]\n\n[Service]\nX-StopIfChanged=false\n"; };
  environment = { expr = text { enableDefaultPath = false; environment = { A = "x y"; B = null; }; }; expected = "[Unit]\n\n[Service]\nEnvironment=\"A=x y\"\n"; };
  escapePath = { expr = map utils.escapeSystemdPath [ "/" "/nix/store" "/a b" "/.x" "/a-b" "/dev/disk" ]; expected = [ "-" "nix-store" "a\\x20b" "\\x2ex" "a\\x2db" "dev-disk" ]; };
  escapeExec = { expr = utils.escapeSystemdExecArgs [ "a b" "100%" "$x" ]; expected = "\"a b\" \"100%%\" \"$$x\""; };
  fsBefore = { expr = let fs = mountPoint: { inherit mountPoint; device = "/dev/x"; depends = [ ]; }; in [ (utils.fsBefore (fs "/") (fs "/a")) (utils.fsBefore (fs "/a") (fs "/ab")) (utils.fsBefore (fs "/a") (fs "/")) ]; expected = [ true false false ]; };
}
