# The Debian packages of the lock as derivations: one for each package, or for each family of them (./families.nix), found
# under Debian's names and those of the families: `seeds.libc6`, `seeds.udev`, `seeds.systemd`. Their inputs are the
# package files and the outputs of what they depend on; the work is done by ../build-support/relocate.
{
  lib,
  localSystem,
  lock,
  bootstrap,
  fetchSeed,
}:
let
  inherit (builtins) attrNames concatLists concatMap elem filter foldl' head listToAttrs mapAttrs match removeAttrs tail;

  fixups = import ./fixups.nix;
  relocate = builtins.path {
    name = "relocate";
    path = ../build-support/relocate;
    filter = path: type: type == "regular" && match ".*\\.test\\.ts" path == null;
  };

  toSet = names: listToAttrs (map (name: { inherit name; value = true; }) names);

  # Family -> its members of this lock; packages without a family are families of one.
  families = lib.filterAttrs (_: members: members != [ ]) (
    mapAttrs (_: members: filter (member: lock.packages ? ${member}) members) (import ./families.nix)
  );
  familyOf = listToAttrs (
    concatLists (lib.mapAttrsToList (family: members: map (name: { inherit name; value = family; }) members) families)
  );
  units = mapAttrs (name: _: [ name ]) (removeAttrs lock.packages (attrNames familyOf)) // families;
  unitOf = name: familyOf.${name} or name;

  # The name of the kernel's package holds its version.
  isKernel = name: match "linux-image-[0-9].*" name != null;
  fixupsOf = unit: fixups.${if isKernel unit then "linux-image" else unit} or { };

  directDepends =
    unit:
    let
      members = concatMap (member: lock.packages.${member}.depends) units.${unit} ++ (fixupsOf unit).depends or [ ];
    in
    filter (dependency: dependency != unit) (attrNames (toSet (map unitOf members)));

  # What a unit depends on, transitively, nearest first.
  closures = mapAttrs (
    unit: _:
    let
      direct = directDepends unit;
      step =
        { known, order }:
        names:
        let
          new = filter (name: !(known ? ${name})) names;
        in
        { known = known // toSet new; order = order ++ new; };
    in
    (foldl' step { known = { }; order = [ ]; } ([ direct ] ++ map (dependency: closures.${dependency}) direct)).order
  ) units;

  # Scripts run in bash, except those of packages that bash itself is made of.
  belowBash = toSet ([ "bash" ] ++ closures.bash);
  inputsOf = unit: closures.${unit} ++ lib.optional (!(belowBash ? ${unit}) && !elem "bash" closures.${unit}) "bash";

  # `1:9.2p1-2+deb12u7` -> `9.2p1`
  upstreamVersion =
    version:
    let
      parts = match "([0-9]+:)?(.*)-[^-]*" version;
      native = match "([0-9]+:)?(.*)" version;
    in
    builtins.elemAt (if parts == null then native else parts) 1;

  makeUnit =
    unit: members:
    let
      first = lock.packages.${head members};
      version = upstreamVersion first.version;
      unitFixups = fixupsOf unit;
      spec = {
        debs = map (member: "${fetchSeed lock.packages.${member}}") members;
        depends = map (dependency: packages.${dependency}.outPath) (inputsOf unit);
        libc = if unit == "libc6" then null else packages.libc6.outPath;
        fixups = removeAttrs unitFixups [ "depends" ];
        tools = {
          inherit (bootstrap) xz patchelf;
        }
        // lib.optionalAttrs (unitFixups.kernel or false) { depmod = [ "${bootstrap.hostSeeds.kmod}/bin/depmod" ]; };
      };
      drv = derivation {
        name = lib.sanitizeDerivationName "${unit}-${version}";
        system = localSystem;
        builder = head bootstrap.node;
        args = tail bootstrap.node ++ [ "${relocate}/relocate.ts" ];
        spec = builtins.toJSON spec;
      };
    in
    drv
    // {
      inherit version;
      pname = unit;
      debianVersion = first.version;
      meta = {
        description = "Debian's ${lib.concatStringsSep ", " members}, relocated";
        platforms = [ lock.system ];
        mainProgram = unit;
      };
      override = _: packages.${unit};
      passthru = { };
    };

  packages = mapAttrs makeUnit units;
in
packages // mapAttrs (_: family: packages.${family}) familyOf
