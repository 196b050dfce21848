# A package whose programs look for their own files in places of Debian: the same, with programs that are told by
# variables. Programs keep the name that they are called by.
{ lib, symlinkJoin, makeWrapper }:
{
  package,
  # names in `bin`
  programs,
  # variable -> value, where it is not set already
  variables,
  # program -> arguments that come before all others
  arguments ? { },
  mainProgram ? builtins.head programs,
}:
let
  flags = lib.escapeShellArgs (
    lib.concatLists (lib.mapAttrsToList (name: value: [ "--set-default" name (toString value) ]) variables)
  );
  wrapped = symlinkJoin {
    name = "${package.pname}-${package.version}";
    paths = [ package ];
    nativeBuildInputs = [ makeWrapper ];
    postBuild = lib.concatMapStrings (program: ''
      rm "$out/bin/${program}"
      makeWrapper "${package}/bin/${program}" "$out/bin/${program}" --inherit-argv0 ${flags} ${lib.escapeShellArgs (lib.concatMap (argument: [ "--add-flag" argument ]) (arguments.${program} or [ ]))}
    '') programs;
  };
in
wrapped
// {
  inherit (package) pname version;
  meta = package.meta // { inherit mainProgram; };
}
