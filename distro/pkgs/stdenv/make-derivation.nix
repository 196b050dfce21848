# `stdenv.mkDerivation`: attributes become the environment of a build that runs ./setup.sh's phases. Takes an attribute set
# or a function of the final attributes; the result can be changed with `overrideAttrs`.
{
  lib,
  system,
  shell,
  initialPath,
  defaultNativeBuildInputs,
}:
let
  inherit (builtins) isFunction isAttrs isList removeAttrs filter concatStringsSep;

  inputAttrs = [
    "nativeBuildInputs" "buildInputs" "propagatedBuildInputs" "propagatedNativeBuildInputs" "nativeCheckInputs" "checkInputs"
    "depsBuildBuild" "nativeInstallCheckInputs"
  ];
  notInEnvironment = [ "meta" "passthru" "env" "pos" "outputs" "builder" "args" "realBuilder" "stdenv" "pname" "version" ];

  # Store paths of the dependencies' development outputs; null entries are dropped as in nixpkgs.
  flattenInputs = inputs: map (input: if isAttrs input then lib.getDev input else input) (filter (x: x != null) (lib.lists.flatten inputs));

  makeName =
    attrs:
    attrs.name or (if attrs ? pname then "${attrs.pname}-${attrs.version or "0"}" else throw "mkDerivation: neither 'name' nor 'pname' is set");

  build =
    attrs:
    let
      name = makeName attrs;
      doCheck = attrs.doCheck or false;
      inputs = attr: flattenInputs (attrs.${attr} or [ ]);
      kept = lib.attrsets.filterAttrs (_: value: value != null) (removeAttrs attrs (notInEnvironment ++ inputAttrs));
      versionAttrs = lib.attrsets.optionalAttrs (attrs ? pname) { inherit (attrs) pname; } // lib.attrsets.optionalAttrs (attrs ? version) { inherit (attrs) version; };
    in
    derivation (
      kept
      // versionAttrs
      // (attrs.env or { })
      // {
        inherit name;
        system = attrs.system or system;
        builder = attrs.realBuilder or "${shell}/bin/bash";
        args = attrs.args or [ "-e" (attrs.builder or ./default-builder.sh) ];
        setup = ./setup.sh;
        shell = "${shell}/bin/bash";
        initialPath = map toString initialPath;
        outputs = attrs.outputs or [ "out" ];
        nativeBuildInputs =
          inputs "nativeBuildInputs" ++ inputs "depsBuildBuild" ++ lib.lists.optionals doCheck (inputs "nativeCheckInputs") ++ map toString defaultNativeBuildInputs;
        buildInputs = inputs "buildInputs" ++ lib.lists.optionals doCheck (inputs "checkInputs");
        propagatedBuildInputs = inputs "propagatedBuildInputs";
        propagatedNativeBuildInputs = inputs "propagatedNativeBuildInputs";
        inherit doCheck;
      }
    );

  make =
    toAttrs:
    let
      attrs = toAttrs (attrs // { finalPackage = result; overrideAttrs = overrideAttrs; });
      passthru = attrs.passthru or { };
      overrideAttrs =
        change:
        make (
          final:
          let
            previous = toAttrs final;
            changed = if isFunction change then change final else change;
            changes = if isFunction change then (if isFunction changed then changed previous else change previous) else change;
          in
          previous // changes
        );
      meta = { name = makeName attrs; outputsToInstall = [ (builtins.head (attrs.outputs or [ "out" ])) ]; } // (attrs.meta or { });
      result = lib.customisation.extendDerivation true (
        {
          inherit overrideAttrs meta passthru;
          drvAttrs = (build attrs).drvAttrs;
        }
        // lib.attrsets.optionalAttrs (attrs ? pname) { inherit (attrs) pname; }
        // lib.attrsets.optionalAttrs (attrs ? version) { inherit (attrs) version; }
        // passthru
      ) (build attrs);
    in
    result;
in
argsOrFunction: make (if isFunction argsOrFunction then argsOrFunction else _: argsOrFunction)
