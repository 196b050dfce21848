# systemd: its own units that a machine needs, those of packages, and those of the configuration.
#
# The list of systemd's own units is short on purpose. Every unit costs time at each boot, and whoever needs
# another one adds it by `systemd.additionalUpstreamSystemUnits`.
{ config, lib, pkgs, utils, ... }:
let
  inherit (lib) mkOption types mkIf mkDefault mkMerge mapAttrs mapAttrs' nameValuePair;
  inherit (utils.systemdUtils) unitOptions;
  systemdLib = utils.systemdUtils;
  cfg = config.systemd;

  upstreamSystemUnits = [
    # Targets.
    "basic.target" "sysinit.target" "sockets.target" "paths.target" "timers.target" "slices.target" "multi-user.target" "graphical.target"
    "network.target" "network-pre.target" "network-online.target" "nss-lookup.target" "nss-user-lookup.target" "time-sync.target" "time-set.target"
    "local-fs.target" "local-fs-pre.target" "remote-fs.target" "remote-fs-pre.target" "swap.target" "getty.target" "getty-pre.target"
    "rescue.target" "rescue.service" "emergency.target" "emergency.service" "first-boot-complete.target"
    # The end of a run.
    "shutdown.target" "umount.target" "final.target" "reboot.target" "poweroff.target" "halt.target" "kexec.target" "exit.target"
    "systemd-reboot.service" "systemd-poweroff.service" "systemd-halt.service" "systemd-kexec.service" "systemd-exit.service"
    # Devices.
    "systemd-udevd-control.socket" "systemd-udevd-kernel.socket" "systemd-udevd.service" "systemd-udev-trigger.service" "systemd-udev-settle.service"
    # Kernel.
    "systemd-modules-load.service" "systemd-sysctl.service" "modprobe@.service"
    "dev-hugepages.mount" "dev-mqueue.mount" "sys-fs-fuse-connections.mount" "sys-kernel-config.mount" "sys-kernel-debug.mount" "sys-kernel-tracing.mount"
    # File systems.
    "systemd-remount-fs.service" "systemd-fsck@.service" "systemd-fsck-root.service" "blockdev@.target"
    "systemd-tmpfiles-clean.service" "systemd-tmpfiles-clean.timer" "systemd-tmpfiles-setup.service" "systemd-tmpfiles-setup-dev.service"
    "systemd-random-seed.service"
    # Sessions.
    "user.slice" "user-.slice.d" "user@.service" "user-runtime-dir@.service" "systemd-user-sessions.service" "systemd-logind.service"
    "systemd-ask-password-console.path" "systemd-ask-password-console.service" "systemd-ask-password-wall.path" "systemd-ask-password-wall.service"
    "getty@.service" "serial-getty@.service"
  ] ++ cfg.additionalUpstreamSystemUnits;
  upstreamWants = [
    "sysinit.target.wants" "sockets.target.wants" "local-fs.target.wants" "multi-user.target.wants" "timers.target.wants" "getty.target.wants"
    "graphical.target.wants"
  ];

  unitsOf = type: toUnit: units: mapAttrs' (name: unit: nameValuePair "${name}.${type}" (toUnit name unit)) units;
  # Lists are of units whose name follows from their mount point.
  listedUnits = type: toUnit: list: lib.listToAttrs (map (unit: let name = utils.escapeSystemdPath unit.where; in nameValuePair "${name}.${type}" (toUnit name unit)) list);

  # The kinds of units, each a set of submodules with the defaults that NixOS gives.
  kind =
    what: options: extra:
    mkOption {
      default = { };
      type = types.attrsOf (types.submodule [ { inherit options; } extra ]);
      description = "Definitions of systemd ${what} units.";
    };
  kindList =
    what: options:
    mkOption {
      default = [ ];
      type = types.listOf (types.submodule { inherit options; });
      description = "Definitions of systemd ${what} units.";
    };
  serviceDefaults =
    { name, ... }:
    {
      config.name = mkDefault "${name}.service";
    };

  # Timers, and those that follow from `startAt`.
  timersOf =
    set:
    let
      started = lib.filterAttrs (_: s: s.enable && s.startAt != [ ]) set.services;
      timer = name: s: (evalTimer name { wantedBy = [ "timers.target" ]; timerConfig.OnCalendar = s.startAt; });
    in
    mapAttrs timer (removeAttrs started (builtins.attrNames set.timers))
    // mapAttrs (
      name: t: if started ? ${name} then t // { timerConfig = { OnCalendar = started.${name}.startAt; } // t.timerConfig; wantedBy = lib.unique (t.wantedBy ++ [ "timers.target" ]); } else t
    ) set.timers;
  evalTimer =
    name: definition:
    (lib.evalModules {
      modules = [
        { options = unitOptions.timerOptions; }
        { config = definition; }
      ];
    }).config;
in
{
  options.systemd = {
    package = mkOption { default = pkgs.systemd; type = types.package; defaultText = lib.literalExpression "pkgs.systemd"; description = "The systemd package."; };
    packages = mkOption { default = [ ]; type = types.listOf types.package; description = "Packages that bring units."; };
    units = mkOption {
      default = { };
      type = types.attrsOf (
        types.submodule (
          { name, config, ... }:
          {
            options = unitOptions.concreteUnitOptions;
            config.unit = mkDefault (systemdLib.makeUnit name config);
          }
        )
      );
      description = "Units by file name, as text.";
    };
    services = kind "service" unitOptions.serviceOptions serviceDefaults;
    sockets = kind "socket" unitOptions.socketOptions { };
    timers = kind "timer" unitOptions.timerOptions { };
    paths = kind "path" unitOptions.pathOptions { };
    targets = kind "target" unitOptions.targetOptions { };
    slices = kind "slice" unitOptions.sliceOptions { };
    mounts = kindList "mount" unitOptions.mountOptions;
    automounts = kindList "automount" unitOptions.automountOptions;
    defaultUnit = mkOption { default = "multi-user.target"; type = types.str; description = "Unit started at boot."; };
    ctrlAltDelUnit = mkOption { default = "reboot.target"; type = types.str; description = "Unit started by Ctrl-Alt-Del."; };
    globalEnvironment = mkOption { type = with types; attrsOf (nullOr (oneOf [ str path package ])); default = { }; description = "Environment of all services."; };
    managerEnvironment = mkOption { type = with types; attrsOf (nullOr (oneOf [ str path package ])); default = { }; description = "Environment of systemd itself."; };
    settings.Manager = mkOption { type = types.attrsOf unitOptions.unitOption; default = { }; description = "Settings of systemd-system.conf(5)."; };
    extraConfig = mkOption { default = ""; type = types.lines; description = "Further lines of system.conf's section [Manager]."; };
    enableEmergencyMode = mkOption { default = true; type = types.bool; description = "Whether a shell is offered on the console when the boot fails."; };
    generators = mkOption { type = types.attrsOf types.path; default = { }; description = "Generators by name; a target of /dev/null switches one off."; };
    additionalUpstreamSystemUnits = mkOption { default = [ ]; type = types.listOf types.str; description = "Further units of systemd."; };
    suppressedSystemUnits = mkOption { default = [ ]; type = types.listOf types.str; description = "Units of systemd that are left out."; };
    user = {
      services = kind "user service" unitOptions.serviceOptions serviceDefaults;
      sockets = kind "user socket" unitOptions.socketOptions { };
      timers = kind "user timer" unitOptions.timerOptions { };
      targets = kind "user target" unitOptions.targetOptions { };
      paths = kind "user path" unitOptions.pathOptions { };
      slices = kind "user slice" unitOptions.sliceOptions { };
      units = mkOption {
        default = { };
        type = types.attrsOf (types.submodule { options = unitOptions.concreteUnitOptions; });
        description = "User units by file name, as text.";
      };
      extraConfig = mkOption { default = ""; type = types.lines; description = "Further lines of user.conf's section [Manager]."; };
      additionalUpstreamUserUnits = mkOption { default = [ ]; type = types.listOf types.str; internal = true; description = "Further user units of systemd."; };
    };
  };

  config = {
    environment.systemPackages = [ cfg.package ];
    system.build.units = config.environment.etc."systemd/system".source;

    environment.etc = {
      "systemd/system".source = systemdLib.generateUnits {
        type = "system";
        units = cfg.units;
        upstreamUnits = builtins.filter (u: !builtins.elem u cfg.suppressedSystemUnits) upstreamSystemUnits;
        inherit upstreamWants;
      };
      "systemd/user".source = systemdLib.generateUnits {
        type = "user";
        units = cfg.user.units;
        upstreamUnits = [
          "app.slice" "background.slice" "session.slice" "basic.target" "default.target" "exit.target" "shutdown.target" "sockets.target" "paths.target" "timers.target"
          "graphical-session.target" "graphical-session-pre.target" "systemd-exit.service" "systemd-tmpfiles-setup.service" "systemd-tmpfiles-clean.service" "systemd-tmpfiles-clean.timer"
        ] ++ cfg.user.additionalUpstreamUserUnits;
        upstreamWants = [ ];
      };
      "systemd/system.conf".text = ''
        [Manager]
        ${systemdLib.sectionLines cfg.settings.Manager}${cfg.extraConfig}
      '';
      "systemd/user.conf".text = ''
        [Manager]
        ${cfg.user.extraConfig}
      '';
    } // mapAttrs' (name: source: nameValuePair "systemd/system-generators/${name}" { inherit source; }) cfg.generators;

    systemd.units =
      unitsOf "service" systemdLib.serviceToUnit (
        mapAttrs (_: s: s // { environment = cfg.globalEnvironment // s.environment; }) cfg.services
      )
      // unitsOf "socket" systemdLib.socketToUnit cfg.sockets
      // unitsOf "timer" systemdLib.timerToUnit (timersOf cfg)
      // unitsOf "path" systemdLib.pathToUnit cfg.paths
      // unitsOf "target" systemdLib.targetToUnit cfg.targets
      // unitsOf "slice" systemdLib.sliceToUnit cfg.slices
      // listedUnits "mount" systemdLib.mountToUnit cfg.mounts
      // listedUnits "automount" systemdLib.automountToUnit cfg.automounts;
    systemd.user.units =
      unitsOf "service" systemdLib.serviceToUnit cfg.user.services
      // unitsOf "socket" systemdLib.socketToUnit cfg.user.sockets
      // unitsOf "timer" systemdLib.timerToUnit (timersOf cfg.user)
      // unitsOf "path" systemdLib.pathToUnit cfg.user.paths
      // unitsOf "target" systemdLib.targetToUnit cfg.user.targets
      // unitsOf "slice" systemdLib.sliceToUnit cfg.user.slices;

    systemd.managerEnvironment = {
      TZDIR = "/etc/zoneinfo";
    };
    systemd.suppressedSystemUnits = mkIf (!cfg.enableEmergencyMode) [ "rescue.service" "emergency.service" ];

    # Generators for what a system does not have only cost time at each boot.
    systemd.generators = lib.genAttrs (
      [ "systemd-bless-boot-generator" "systemd-gpt-auto-generator" "systemd-hibernate-resume-generator" "systemd-integritysetup-generator" "systemd-rc-local-generator" "systemd-system-update-generator" "systemd-sysv-generator" "systemd-veritysetup-generator" "systemd-cryptsetup-generator" ]
    ) (_: mkDefault "/dev/null");

    users.groups.systemd-journal.gid = config.ids.gids.systemd-journal;
  };
}
