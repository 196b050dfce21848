# The options of units, as NixOS names them. `config.systemd.<kind>.<name>` are submodules made of these.
{ lib }:
let
  inherit (lib) mkOption types mkDefault mkMerge mkIf;

  # A value of a unit's section: lists merge by joining, other values must agree.
  unitOption = lib.mkOptionType {
    name = "systemd option";
    description = "systemd option value (boolean, number, string, path, or list of them)";
    descriptionClass = "noun";
    check = v: builtins.all (x: lib.isStringLike x || builtins.isInt x || builtins.isFloat x || builtins.isBool x || x == null) (lib.toList v);
    merge =
      loc: defs:
      if lib.any (d: builtins.isList d.value) defs then
        lib.concatMap (d: lib.toList d.value) defs
      else
        lib.mergeEqualOption loc defs;
  };
  sectionOption =
    section:
    mkOption {
      default = { };
      type = types.attrsOf unitOption;
      description = "Settings of the section `[${section}]` of the unit.";
    };
  unitNames = what: mkOption { default = [ ]; type = types.listOf types.str; description = what; };
  strOption = what: mkOption { default = ""; type = types.str; description = what; };
  linesOption = what: mkOption { default = ""; type = types.lines; description = what; };
in
rec {
  inherit unitOption;

  sharedOptions = {
    enable = mkOption {
      default = true;
      type = types.bool;
      description = "If false, the unit is masked by a link to /dev/null.";
    };
    overrideStrategy = mkOption {
      default = "asDropinIfExists";
      type = types.enum [ "asDropinIfExists" "asDropin" ];
      description = "Whether settings replace a unit of a package or are laid over it as a drop-in.";
    };
    requiredBy = unitNames "Units that require this one.";
    upheldBy = unitNames "Units that uphold this one.";
    wantedBy = unitNames "Units that want this one.";
    aliases = unitNames "Other names of the unit.";
  };

  concreteUnitOptions = sharedOptions // {
    text = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "Text of the unit file.";
    };
    unit = mkOption {
      internal = true;
      type = types.unspecified;
      description = "The unit as a store path.";
    };
  };

  commonUnitOptions = sharedOptions // {
    name = mkOption { type = types.str; internal = true; description = "The unit's file name."; };
    description = strOption "Description shown by systemd.";
    documentation = unitNames "URIs of documentation.";
    requires = unitNames "Units started with this one; it stops when they stop.";
    wants = unitNames "Units started with this one.";
    upholds = unitNames "Units kept running while this one runs.";
    after = unitNames "Units that are started before this one.";
    before = unitNames "Units that are started after this one.";
    bindsTo = unitNames "As `requires`, and this unit stops when one of them stops unexpectedly.";
    partOf = unitNames "This unit is stopped and restarted with them.";
    conflicts = unitNames "Units that cannot run along with this one.";
    requisite = unitNames "Units that must be active already.";
    unitConfig = sectionOption "Unit";
    onFailure = unitNames "Units started when this one fails.";
    onSuccess = unitNames "Units started when this one ends well.";
    startLimitBurst = mkOption { type = types.nullOr types.int; default = null; description = "Starts allowed within the interval."; };
    startLimitIntervalSec = mkOption { type = types.nullOr types.int; default = null; description = "Interval of the start limit, seconds."; };
    reloadTriggers = mkOption { default = [ ]; type = types.listOf types.unspecified; description = "A switch reloads the unit when one of these changes."; };
    restartTriggers = mkOption { default = [ ]; type = types.listOf types.unspecified; description = "A switch restarts the unit when one of these changes."; };
  };
  stage2CommonUnitOptions = commonUnitOptions;

  serviceOptions = commonUnitOptions // {
    environment = mkOption {
      default = { };
      type = with types; attrsOf (nullOr (oneOf [ str path package int ]));
      description = "Environment variables of the service's processes.";
    };
    path = mkOption {
      default = [ ];
      type = with types; listOf (oneOf [ package str ]);
      description = "Packages in the service's `PATH`.";
    };
    enableDefaultPath = mkOption {
      default = true;
      type = types.bool;
      description = "Whether coreutils, findutils, grep, sed and systemd are in the service's `PATH`.";
    };
    serviceConfig = sectionOption "Service";
    script = linesOption "Shell commands that are the service's main process.";
    scriptArgs = strOption "Arguments of the main process script.";
    preStart = linesOption "Shell commands run before the main process is started.";
    postStart = linesOption "Shell commands run after the main process is started.";
    reload = linesOption "Shell commands that reload the service.";
    preStop = linesOption "Shell commands that stop the service.";
    postStop = linesOption "Shell commands run after the service has stopped.";
    jobScripts = mkOption { internal = true; type = types.coercedTo types.path lib.singleton (types.listOf types.path); default = [ ]; };
    restartIfChanged = mkOption { type = types.bool; default = true; description = "Whether a switch restarts the service when it changed."; };
    reloadIfChanged = mkOption { type = types.bool; default = false; description = "Whether a switch reloads instead of restarting."; };
    stopIfChanged = mkOption { type = types.bool; default = true; description = "Whether a switch stops before and starts after activation."; };
    notSocketActivated = mkOption { type = types.bool; default = false; description = "Restart the service even when it has a socket."; };
    stopOnRemoval = mkOption { type = types.bool; default = true; description = "Whether a switch stops the service when it is gone."; };
    startAt = mkOption {
      type = with types; coercedTo str lib.singleton (listOf str);
      default = [ ];
      description = "Times at which the service is started, in the format of systemd.time(7).";
    };
    enableStrictShellChecks = mkOption { type = types.bool; default = false; internal = true; };
  };
  socketOptions = commonUnitOptions // {
    listenStreams = unitNames "Stream sockets to listen on.";
    listenDatagrams = unitNames "Datagram sockets to listen on.";
    socketConfig = sectionOption "Socket";
  };
  timerOptions = commonUnitOptions // { timerConfig = sectionOption "Timer"; };
  pathOptions = commonUnitOptions // { pathConfig = sectionOption "Path"; };
  mountOptions = commonUnitOptions // {
    what = mkOption { type = types.str; description = "Device, file or address to mount."; };
    where = mkOption { type = types.str; description = "Where it is mounted."; };
    type = strOption "Type of the file system.";
    options = mkOption { default = ""; type = types.commas; description = "Mount options."; };
    mountConfig = sectionOption "Mount";
  };
  automountOptions = commonUnitOptions // {
    where = mkOption { type = types.str; description = "Where it is mounted."; };
    automountConfig = sectionOption "Automount";
  };
  sliceOptions = commonUnitOptions // { sliceConfig = sectionOption "Slice"; };
  targetOptions = commonUnitOptions;
}
