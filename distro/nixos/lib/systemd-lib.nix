# From unit options to unit files, and from unit files to the folder that systemd reads.
#
# All units of a system are written by one derivation: a switch compares their contents, so that a
# store path for each would only cost builds.
{ lib, config, pkgs }:
let
  inherit (lib)
    concatMapStrings concatMapStringsSep concatStringsSep concatStrings mapAttrsToList optionalString optionals
    optional optionalAttrs escapeShellArg hasSuffix mkIf mkMerge mkDefault mkOption types toList boolToString
    filterAttrs
    ;
  options = import ./systemd-unit-options.nix { inherit lib; };
  cfg = config.systemd;

  toText = v: if v == true then "true" else if v == false then "false" else toString v;

  shellEscape = s: builtins.replaceStrings [ "\\" ] [ "\\\\" ] s;

  # `Key=value` lines; a list gives a line for each element, null none.
  sectionLines =
    attrs:
    concatStrings (
      mapAttrsToList (
        name: value: concatMapStrings (x: "${name}=${toText x}\n") (builtins.filter (x: x != null) (toList value))
      ) attrs
    );

  # Name of the unit file with its parts escaped for a store path.
  mkPathSafeName = builtins.replaceStrings [ "@" ":" "\\" "[" "]" ] [ "-" "-" "-" "" "" ];

  unitSection =
    unit: kindDefaults:
    let
      names = key: list: optionalAttrs (list != [ ]) { ${key} = toString list; };
      triggers = key: list: optionalAttrs (list != [ ]) { ${key} = triggerText list; };
    in
    names "Requires" unit.requires
    // names "Wants" unit.wants
    // names "Upholds" unit.upholds
    // names "After" unit.after
    // names "Before" unit.before
    // names "BindsTo" unit.bindsTo
    // names "PartOf" unit.partOf
    // names "Conflicts" unit.conflicts
    // names "Requisite" unit.requisite
    // names "Documentation" unit.documentation
    // names "OnFailure" unit.onFailure
    // names "OnSuccess" unit.onSuccess
    // triggers "X-Restart-Triggers" unit.restartTriggers
    // triggers "X-Reload-Triggers" unit.reloadTriggers
    // optionalAttrs (unit.description != "") { Description = unit.description; }
    // optionalAttrs (unit.startLimitIntervalSec != null) { StartLimitIntervalSec = toString unit.startLimitIntervalSec; }
    // optionalAttrs (unit.startLimitBurst != null) { StartLimitBurst = toString unit.startLimitBurst; }
    // kindDefaults
    // unit.unitConfig;
  # Only whether they changed matters: long triggers stand as a hash, which keeps their store paths out of the closure.
  triggerText =
    list: builtins.hashString "sha256" (builtins.unsafeDiscardStringContext (concatMapStringsSep "\n" (t: if lib.isStringLike t then "${t}" else builtins.toJSON t) list));

  # In a folder of its own, so that the journal shows the unit's name and not a hash.
  jobScript =
    name: text:
    let
      fileName = mkPathSafeName name;
      script = pkgs.writeTextFile {
        name = "unit-script-${fileName}";
        executable = true;
        destination = "/bin/${fileName}";
        text = ''
          #!${pkgs.runtimeShell} -e
          ${text}
        '';
      };
    in
    "${script}/bin/${fileName}";

  environmentLines =
    env:
    concatStrings (
      mapAttrsToList (
        name: value: optionalString (value != null) "Environment=${builtins.toJSON "${name}=${toString value}"}\n"
      ) env
    );

  defaultPath = [ pkgs.coreutils pkgs.findutils pkgs.gnugrep pkgs.gnused cfg.package ];
  servicePath =
    service:
    let
      packages = service.path ++ optionals service.enableDefaultPath defaultPath;
    in
    "${lib.makeBinPath packages}:${lib.makeSearchPathOutput "bin" "sbin" packages}";

  # `serviceConfig` with the scripts as commands.
  serviceSection =
    name: service:
    let
      exec = key: script: suffix: args: optionalAttrs (script != "") { ${key} = [ (toString (jobScript "${name}-${suffix}" script) + optionalString (args != "") " ${args}") ]; };
      commands = lib.foldl' (acc: part: acc // part) { } [
        (exec "ExecStart" service.script "start" service.scriptArgs)
        (exec "ExecStartPre" service.preStart "pre-start" "")
        (exec "ExecStartPost" service.postStart "post-start" "")
        (exec "ExecReload" service.reload "reload" "")
        (exec "ExecStop" service.preStop "pre-stop" "")
        (exec "ExecStopPost" service.postStop "post-stop" "")
      ];
      join = key: commandList: if service.serviceConfig ? ${key} then commandList ++ toList service.serviceConfig.${key} else commandList;
    in
    service.serviceConfig // builtins.mapAttrs join commands;

  textOf = {
    common = unit: kindDefaults: "[Unit]\n${sectionLines (unitSection unit kindDefaults)}";
  };

  commonUnit = unit: {
    inherit (unit) enable overrideStrategy aliases wantedBy requiredBy upheldBy;
  };
in
rec {
  inherit options mkPathSafeName sectionLines;
  unitOptions = options;

  serviceToUnit =
    name: service:
    let
      switchFlags =
        optionalString service.reloadIfChanged "X-ReloadIfChanged=true\n"
        + optionalString (!service.reloadIfChanged && !service.restartIfChanged) "X-RestartIfChanged=false\n"
        + optionalString (!service.reloadIfChanged && service.restartIfChanged && !service.stopIfChanged) "X-StopIfChanged=false\n"
        + optionalString service.notSocketActivated "X-NotSocketActivated=true\n"
        + optionalString (!service.stopOnRemoval) "X-StopOnRemoval=false\n";
      # A drop-in over a unit of a package keeps that unit's own PATH unless it was asked for.
      pathLine = optionalAttrs (service.enableDefaultPath || service.path != [ ]) { PATH = servicePath service; };
    in
    commonUnit service
    // {
      text =
        textOf.common service { }
        + "\n[Service]\n"
        + environmentLines (pathLine // service.environment)
        + switchFlags
        + sectionLines (serviceSection name service);
    };
  socketToUnit =
    name: unit:
    commonUnit unit
    // {
      text =
        textOf.common unit { }
        + "\n[Socket]\n"
        + sectionLines (unit.socketConfig)
        + concatMapStrings (s: "ListenStream=${s}\n") unit.listenStreams
        + concatMapStrings (s: "ListenDatagram=${s}\n") unit.listenDatagrams;
    };
  sectionToUnit = section: config: unit: commonUnit unit // { text = textOf.common unit { } + "\n[${section}]\n${sectionLines config}"; };
  timerToUnit = name: unit: sectionToUnit "Timer" unit.timerConfig unit;
  pathToUnit = name: unit: sectionToUnit "Path" unit.pathConfig unit;
  sliceToUnit = name: unit: sectionToUnit "Slice" unit.sliceConfig unit;
  targetToUnit = name: unit: commonUnit unit // { text = textOf.common unit { }; };
  mountToUnit =
    name: unit:
    sectionToUnit "Mount" (
      {
        What = unit.what;
        Where = unit.where;
      }
      // optionalAttrs (unit.type != "") { Type = unit.type; }
      // optionalAttrs (unit.options != "") { Options = unit.options; }
      // unit.mountConfig
    ) unit;
  automountToUnit = name: unit: sectionToUnit "Automount" ({ Where = unit.where; } // unit.automountConfig) unit;

  # One unit as a store path, for those who ask for `systemd.units.<name>.unit`.
  makeUnit =
    name: unit:
    if unit.enable then
      pkgs.runCommand "unit-${mkPathSafeName name}" { passAsFile = [ "text" ]; inherit (unit) text; preferLocalBuild = true; } ''
        mkdir -p $out
        cp "$textPath" "$out/"${escapeShellArg name}
      ''
    else
      pkgs.runCommand "unit-${mkPathSafeName name}-disabled" { preferLocalBuild = true; } ''
        mkdir -p $out
        ln -s /dev/null "$out/"${escapeShellArg name}
      '';

  # The folder of unit files: those of systemd asked for by name, those of packages, and ours on top.
  generateUnits =
    {
      type, # "system" or "user"
      units,
      upstreamUnits ? [ ],
      upstreamWants ? [ ],
      packages ? cfg.packages,
      package ? cfg.package,
    }:
    let
      delimiter = "END-OF-UNIT-FILE";
      withNewline = text: if text == "" || hasSuffix "\n" text then text else text + "\n";
      writeUnit =
        name: unit:
        let
          file = escapeShellArg name;
        in
        if !unit.enable then
          "ln -sfn /dev/null \"$out/\"${file}\n"
        else if unit.overrideStrategy == "asDropin" then
          "write_dropin ${file} <<'${delimiter}'\n${withNewline unit.text}${delimiter}\n"
        else
          "write_unit ${file} <<'${delimiter}'\n${withNewline unit.text}${delimiter}\n";
      link =
        suffix: name: owners:
        concatMapStrings (owner: "link_unit ${escapeShellArg "${owner}.${suffix}"} ${escapeShellArg name}\n") owners;
      linkUnit =
        name: unit:
        optionalString unit.enable (
          link "wants" name unit.wantedBy
          + link "requires" name unit.requiredBy
          + link "upholds" name unit.upheldBy
          + concatMapStrings (alias: "ln -sfn ${escapeShellArg name} \"$out/\"${escapeShellArg alias}\n") unit.aliases
        );
    in
    pkgs.runCommand "${type}-units"
      {
        preferLocalBuild = true;
        passAsFile = [ "unitCommands" ];
        unitCommands = concatStrings (mapAttrsToList writeUnit units) + concatStrings (mapAttrsToList linkUnit units);
        inherit upstreamUnits upstreamWants;
        unitPackages = map toString packages;
      }
      ''
        mkdir -p $out
        upstream=
        for candidate in ${package}/example/systemd/${type} ${package}/lib/systemd/${type}; do
          if [ -d "$candidate" ]; then upstream=$candidate; break; fi
        done
        [ -n "$upstream" ] || { echo "no ${type} units in ${package}" >&2; exit 1; }
        for unit in $upstreamUnits; do
          if [ -L "$upstream/$unit" ]; then
            cp -d "$upstream/$unit" "$out/"
          elif [ -e "$upstream/$unit" ]; then
            ln -s "$upstream/$unit" "$out/"
          else
            echo "${package} has no ${type} unit $unit" >&2; exit 1
          fi
        done
        for wants in $upstreamWants; do
          mkdir -p "$out/$wants"
          for link in "$upstream/$wants"/*; do
            name=$(basename "$link")
            if [ -e "$out/$name" ]; then ln -sfn "../$name" "$out/$wants/$name"; fi
          done
        done
        for package in $unitPackages; do
          for folder in "$package/etc/systemd/${type}" "$package/lib/systemd/${type}"; do
            [ -d "$folder" ] || continue
            for entry in "$folder"/*; do
              name=$(basename "$entry")
              case "$name" in
                *.wants|*.requires|*.d) mkdir -p "$out/$name"; cp -rdf --no-preserve=mode "$entry"/. "$out/$name/" ;;
                *) ln -sfn "$entry" "$out/$name" ;;
              esac
            done
          done
        done

        write_dropin() { mkdir -p "$out/$1.d"; rm -f "$out/$1.d/overrides.conf"; cat > "$out/$1.d/overrides.conf"; }
        # Settings of a unit that a package brings are laid over it; else they are the unit.
        write_unit() {
          if [ -e "$out/$1" ] && [ "$(readlink "$out/$1")" != /dev/null ]; then write_dropin "$1"; else rm -f "$out/$1"; cat > "$out/$1"; fi
        }
        link_unit() { mkdir -p "$out/$1"; ln -sfn "../$2" "$out/$1/$2"; }
        . "$unitCommandsPath"
        ${optionalString (type == "system") ''
          ln -sfn ${escapeShellArg cfg.defaultUnit} $out/default.target
          ln -sfn ${escapeShellArg cfg.ctrlAltDelUnit} $out/ctrl-alt-del.target
        ''}
      '';
}
