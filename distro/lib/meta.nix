# What is known about packages: the main program, platforms, licences, priorities.
{ lib }:
rec {
  addMetaAttrs = new: drv: if drv ? overrideAttrs then drv.overrideAttrs (old: { meta = old.meta or { } // new; }) else drv // { meta = drv.meta or { } // new; };
  dontDistribute = addMetaAttrs { hydraPlatforms = [ ]; };
  setName = name: drv: drv // { inherit name; };
  updateName = f: drv: drv // { name = f drv.name; };
  appendToName =
    suffix:
    updateName (
      name:
      let
        x = builtins.parseDrvName name;
      in
      "${x.name}-${suffix}-${x.version}"
    );
  mapDerivationAttrset = f: builtins.mapAttrs (_: pkg: if lib.attrsets.isDerivation pkg then f pkg else pkg);
  defaultPriority = 5;
  setPrio = priority: addMetaAttrs { inherit priority; };
  lowPrio = setPrio 10;
  lowPrioSet = mapDerivationAttrset lowPrio;
  hiPrio = setPrio (-10);
  hiPrioSet = mapDerivationAttrset hiPrio;

  platformMatch =
    platform: elem:
    if builtins.isString elem then platform.system == elem else lib.attrsets.matchAttrs elem platform;
  availableOn =
    platform: pkg:
    (!(pkg ? meta.platforms) || lib.lists.any (platformMatch platform) pkg.meta.platforms)
    && !lib.lists.any (platformMatch platform) (pkg.meta.badPlatforms or [ ]);

  licensesSpdx = lib.attrsets.mapAttrs' (_: l: lib.attrsets.nameValuePair l.spdxId l) (
    lib.attrsets.filterAttrs (_: l: l ? spdxId) lib.licenses
  );
  getLicenseFromSpdxId =
    id:
    let
      found = lib.attrsets.mapAttrs' (name: l: lib.attrsets.nameValuePair (lib.strings.toLower name) l) licensesSpdx;
    in
    found.${lib.strings.toLower id} or { shortName = id; };

  # The main program of a package: `meta.mainProgram`, or the package's own name.
  getExe =
    x:
    getExe' x (x.meta.mainProgram or (lib.trivial.warn "getExe: package '${lib.strings.getName x}' does not have the meta.mainProgram attribute; taking its name" (lib.strings.getName x)));
  getExe' = x: name: "${lib.attrsets.getBin x}/bin/${name}";
}
