# What modules get as their argument `utils`.
{ lib, config, pkgs }:
let
  inherit (lib) stringToCharacters replaceStrings hasPrefix removePrefix removeSuffix concatStrings;
  systemdUtils = import ./systemd-lib.nix { inherit lib config pkgs; };
in
rec {
  # Mount points without which stage 2 cannot start.
  pathsNeededForBoot = [ "/" "/nix" "/nix/store" "/var" "/var/log" "/var/lib" "/var/lib/nixos" "/etc" "/usr" ];
  fsNeededForBoot = fs: fs.neededForBoot || builtins.elem fs.mountPoint pathsNeededForBoot;
  # Whether file system `a` must be mounted before `b`.
  fsBefore =
    a: b:
    let
      slash = mountPoint: if mountPoint == "/" then "/" else "${mountPoint}/";
    in
    hasPrefix (slash a.mountPoint) b.mountPoint && a.mountPoint != b.mountPoint
    || hasPrefix (slash a.mountPoint) b.device
    || builtins.elem a.mountPoint b.depends;

  # A path as the name of a unit, as systemd-escape --path does.
  escapeSystemdPath =
    s:
    let
      trimmed = removeSuffix "/" (removePrefix "/" (builtins.replaceStrings [ "//" ] [ "/" ] s));
      keep = c: builtins.match "[a-zA-Z0-9:_.]" c != null;
      escapeChar = c: if c == "/" then "-" else if keep c then c else lib.strings.escapeC [ c ] c;
      text = lib.stringAsChars escapeChar trimmed;
    in
    if trimmed == "" then "-" else if hasPrefix "." text then "\\x2e" + removePrefix "." text else text;
  # One argument of ExecStart= and its kin.
  escapeSystemdExecArg =
    arg:
    let
      s =
        if builtins.isPath arg then "${arg}"
        else if builtins.isString arg then arg
        else if builtins.isInt arg || builtins.isFloat arg || lib.isDerivation arg then toString arg
        else throw "escapeSystemdExecArg only allows strings, paths, numbers and derivations";
    in
    replaceStrings [ "%" "$" ] [ "%%" "$$" ] (builtins.toJSON s);
  escapeSystemdExecArgs = lib.concatMapStringsSep " " escapeSystemdExecArg;

  # A user's shell as a path.
  toShellPath =
    shell:
    if lib.types.shellPackage.check shell then "/run/current-system/sw${shell.shellPath}"
    else if lib.types.package.check shell then throw "'${toString shell}' is not a shell package"
    else shell;

  # The packages that belong to a set of removed ones, by name.
  removePackagesByName =
    packages: toRemove:
    let
      names = map lib.getName toRemove;
    in
    builtins.filter (p: !builtins.elem (lib.getName p) names) packages;

  inherit systemdUtils;
}
