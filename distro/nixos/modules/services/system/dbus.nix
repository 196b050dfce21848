# The system's message bus, started when somebody first speaks to it.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types mkIf;
  cfg = config.services.dbus;
  # Services and policies of all packages, under the names that the bus looks for.
  busFolders = pkgs.runCommand "dbus-1" { preferLocalBuild = true; packages = map toString cfg.packages; } ''
    mkdir -p $out/system.d $out/session.d $out/system-services $out/services
    for package in $packages; do
      for base in $package/etc/dbus-1 $package/share/dbus-1; do
        for kind in system.d session.d system-services services; do
          for file in $base/$kind/*; do [ -e "$file" ] && ln -sfn "$file" $out/$kind/; done
        done
      done
    done
    cat > $out/system.conf <<'END-OF-CONFIG'
    <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
    <busconfig>
      <type>system</type>
      <user>messagebus</user>
      <fork/>
      <keep_umask/>
      <syslog/>
      <pidfile>/run/dbus/pid</pidfile>
      <auth>EXTERNAL</auth>
      <listen>unix:path=/run/dbus/system_bus_socket</listen>
      <policy context="default">
        <allow user="*"/>
        <deny own="*"/>
        <deny send_type="method_call"/>
        <allow send_type="signal"/>
        <allow send_requested_reply="true" send_type="method_return"/>
        <allow send_requested_reply="true" send_type="error"/>
        <allow receive_type="method_call"/>
        <allow receive_type="method_return"/>
        <allow receive_type="error"/>
        <allow receive_type="signal"/>
        <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
        <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Introspectable"/>
        <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Properties"/>
        <deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus" send_member="UpdateActivationEnvironment"/>
        <deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Debug.Stats"/>
        <deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.systemd1.Activator"/>
      </policy>
      <policy user="root">
        <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.systemd1.Activator"/>
        <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Monitoring"/>
        <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Debug.Stats"/>
      </policy>
      <servicedir>/etc/dbus-1/system-services</servicedir>
      <includedir>/etc/dbus-1/system.d</includedir>
    </busconfig>
    END-OF-CONFIG
  '';
in
{
  options.services.dbus = {
    enable = mkOption { type = types.bool; default = false; internal = true; description = "Whether the message bus runs."; };
    packages = mkOption { type = types.listOf types.path; default = [ ]; description = "Packages with services and policies of the bus."; };
    dbusPackage = mkOption { type = types.package; default = pkgs.dbus; internal = true; description = "Package of the bus. (An option of Firn.)"; };
  };
  config = lib.mkMerge [
    { services.dbus.enable = true; }
    (mkIf cfg.enable {
      environment.systemPackages = [ cfg.dbusPackage ];
      environment.etc."dbus-1".source = busFolders;
      services.dbus.packages = [ cfg.dbusPackage config.systemd.package ];
      users.users.messagebus = { uid = config.ids.uids.messagebus; isSystemUser = true; group = "messagebus"; home = "/run/dbus"; description = "D-Bus system message bus daemon user"; };
      users.groups.messagebus.gid = config.ids.gids.messagebus;
      systemd.sockets.dbus = {
        description = "D-Bus System Message Bus Socket";
        wantedBy = [ "sockets.target" ];
        socketConfig.ListenStream = "/run/dbus/system_bus_socket";
      };
      systemd.services.dbus = {
        description = "D-Bus System Message Bus";
        requires = [ "dbus.socket" ];
        enableDefaultPath = false;
        # Whoever speaks on the bus does not outlive it.
        reloadIfChanged = true;
        restartTriggers = [ busFolders ];
        serviceConfig = {
          Type = "notify";
          NotifyAccess = "main";
          ExecStart = "${cfg.dbusPackage}/bin/dbus-daemon --config-file=/etc/dbus-1/system.conf --address=systemd: --nofork --nopidfile --systemd-activation --syslog-only";
          ExecReload = "${cfg.dbusPackage}/bin/dbus-send --print-reply --system --type=method_call --dest=org.freedesktop.DBus / org.freedesktop.DBus.ReloadConfig";
          OOMScoreAdjust = -900;
        };
      };
    })
  ];
}
