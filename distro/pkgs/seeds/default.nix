# Every Debian package of the lock as a derivation of its own, named as in Debian: `seeds.libc6`, `seeds.nginx`. Its inputs
# are the package file and the outputs of what it depends on; the work is done by ../build-support/relocate.
{
  lib,
  localSystem,
  lock,
  bootstrap,
  fetchSeed,
}:
let
  fixups = import ./fixups.nix;
  relocate = builtins.path {
    name = "relocate";
    path = ../build-support/relocate;
    filter = path: type: type == "regular" && builtins.match ".*\\.test\\.ts" path == null;
  };

  # The name of the kernel's package holds its version.
  fixupsOf = name: fixups.${if isKernel name then "linux-image" else name} or { };
  isKernel = name: builtins.match "linux-image-[0-9].*" name != null;
  directDepends = name: lock.packages.${name}.depends ++ (fixupsOf name).depends or [ ];

  # Dependencies of a package, transitively, nearest first.
  closures = builtins.mapAttrs (
    name: _:
    let
      direct = directDepends name;
      isNew = known: found: !(known ? ${found});
      add = known: names: known // builtins.listToAttrs (map (found: { name = found; value = true; }) names);
      step =
        { known, order }:
        names:
        let
          new = builtins.filter (isNew known) names;
        in
        { known = add known new; order = order ++ new; };
    in
    (builtins.foldl' step { known = { }; order = [ ]; } ([ direct ] ++ map (dependency: closures.${dependency}) direct)).order
  ) lock.packages;

  # Scripts run in bash, except those of packages that bash itself is made of.
  belowBash = builtins.listToAttrs (map (name: { inherit name; value = true; }) ([ "bash" ] ++ closures.bash));
  inputsOf = name: closures.${name} ++ (if belowBash ? ${name} || builtins.elem "bash" closures.${name} then [ ] else [ "bash" ]);

  # `1:9.2p1-2+deb12u7` -> `9.2p1`
  upstreamVersion =
    version:
    let
      parts = builtins.match "([0-9]+:)?([^-]*(-[^-]+)*)-[^-]*" version;
      native = builtins.match "([0-9]+:)?(.*)" version;
    in
    if parts == null then builtins.elemAt native 1 else builtins.elemAt parts 1;

  makeSeed =
    name: locked:
    let
      version = upstreamVersion locked.version;
      run = bootstrap.node;
      outPathOf = dependency: packages.${dependency}.outPath;
      spec = {
        debs = [ "${fetchSeed locked}" ];
        depends = map outPathOf (inputsOf name);
        libc = if name == "libc6" then null else packages.libc6.outPath;
        fixups = removeAttrs (fixupsOf name) [ "depends" ];
        tools =
          {
            inherit (bootstrap) xz patchelf;
          }
          // lib.optionalAttrs ((fixupsOf name).kernel or false) { depmod = [ "${packages.kmod}/bin/depmod" ]; };
      };
      drv = derivation {
        name = lib.strings.sanitizeDerivationName "${name}-${version}";
        system = localSystem;
        builder = builtins.head run;
        args = builtins.tail run ++ [ "${relocate}/relocate.ts" ];
        spec = builtins.toJSON spec;
      };
    in
    drv
    // {
      inherit version;
      pname = name;
      debianVersion = locked.version;
      meta = {
        description = "Debian's package ${name}, relocated";
        platforms = [ lock.system ];
        mainProgram = name;
      };
      override = _: packages.${name};
    };

  packages = builtins.mapAttrs makeSeed lock.packages;
in
packages
