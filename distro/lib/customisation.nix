# How packages are called with their dependencies, overridden, and gathered into scopes.
{ lib }:
let
  inherit (builtins) isAttrs isFunction intersectAttrs attrNames mapAttrs functionArgs;
  inherit (lib.attrsets) isDerivation;
  mirrorArgs = lib.trivial.flip lib.trivial.setFunctionArgs;
in
rec {
  overrideDerivation =
    drv: f:
    let
      newDrv = builtins.derivation (drv.drvAttrs // f drv);
    in
    lib.trivial.flip (extendDerivation (builtins.seq drv.drvPath true)) newDrv (
      { meta = drv.meta or { }; passthru = drv.passthru or { }; }
      // (drv.passthru or { })
      // lib.attrsets.optionalAttrs (drv ? __spliced) { __spliced = { }; }
    );

  # `f` with `override` on its result: the call repeated with other arguments.
  makeOverridable =
    f:
    let
      mirror = mirrorArgs (lib.trivial.functionArgs f);
    in
    mirror (
      origArgs:
      let
        result = f origArgs;
        overrideWith = newArgs: origArgs // (if lib.trivial.isFunction newArgs then newArgs origArgs else newArgs);
        overrideArgs = mirror (newArgs: makeOverridable f (overrideWith newArgs));
        overrideResult = g: makeOverridable (mirror (args: g (f args))) origArgs;
      in
      if isAttrs result then
        result
        // {
          override = overrideArgs;
          overrideDerivation = fdrv: overrideResult (x: overrideDerivation x fdrv);
        }
        // lib.attrsets.optionalAttrs (result ? overrideAttrs) {
          overrideAttrs = fdrv: overrideResult (x: x.overrideAttrs fdrv);
        }
      else if isFunction result then
        lib.trivial.setFunctionArgs result (functionArgs result) // { override = overrideArgs; }
      else
        result
    );

  # Names close to a missing argument, for the message below.
  suggestionsFor =
    name: candidates:
    lib.lists.take 3 (
      builtins.sort (a: b: lib.strings.levenshtein name a < lib.strings.levenshtein name b) (
        builtins.filter (lib.strings.levenshteinAtMost 2 name) candidates
      )
    );

  callPackageWith =
    autoArgs: fn: args:
    let
      f = if isFunction fn || (isAttrs fn && fn ? __functor) then fn else import fn;
      fargs = lib.trivial.functionArgs f;
      allArgs = intersectAttrs fargs autoArgs // args;
      missing = builtins.filter (name: !fargs.${name} && !(allArgs ? ${name})) (attrNames fargs);
      complain =
        name:
        let
          pos = builtins.unsafeGetAttrPos name fargs;
          where = lib.strings.optionalString (pos != null) " at ${pos.file}:${toString pos.line}";
          near = suggestionsFor name (attrNames (autoArgs // args));
          hint = lib.strings.optionalString (near != [ ]) ", did you mean ${lib.strings.concatMapStringsSep " or " (n: "'${n}'") near}?";
        in
        "Function called without required argument '${name}'${where}${hint}";
    in
    if missing == [ ] then makeOverridable f allArgs else throw "lib.customisation.callPackageWith: ${complain (builtins.head missing)}";

  callPackagesWith =
    autoArgs: fn: args:
    let
      f = if isFunction fn then fn else import fn;
      auto = intersectAttrs (lib.trivial.functionArgs f) autoArgs;
      mirror = mirrorArgs (lib.trivial.functionArgs f);
      origArgs = auto // args;
      pkgs = f origArgs;
      one = name: _: makeOverridable (mirror (newArgs: (f newArgs).${name})) origArgs;
    in
    if isDerivation pkgs then throw "callPackages: the function returns one derivation, use callPackage" else mapAttrs one pkgs;

  # A derivation with more attributes, on every output; they stay out of the build.
  extendDerivation =
    condition: passthru: drv:
    let
      outputs = drv.outputs or [ "out" ];
      common = drv // builtins.listToAttrs outputsList // { all = map (x: x.value) outputsList; } // passthru;
      outputToAttrListElement = outputName: {
        name = outputName;
        value = common // {
          inherit (drv.${outputName}) type outputName;
          outputSpecified = true;
          drvPath = assert condition; drv.${outputName}.drvPath;
          outPath = assert condition; drv.${outputName}.outPath;
        } // lib.attrsets.optionalAttrs (passthru ? overrideAttrs) {
          overrideAttrs = f: (passthru.overrideAttrs f).${outputName};
        };
      };
      outputsList = map outputToAttrListElement outputs;
    in
    common
    // {
      drvPath = assert condition; drv.drvPath;
      outPath = assert condition; drv.outPath;
    };

  hydraJob =
    drv:
    if drv == null then
      null
    else
      let
        outputs = drv.outputs or [ "out" ];
        common = {
          inherit (drv) name system meta;
          inherit outputs;
        } // lib.attrsets.optionalAttrs (drv._hydraAggregate or false) {
          _hydraAggregate = true;
          constituents = map hydraJob (lib.lists.flatten drv.constituents);
        } // builtins.listToAttrs outputsList;
        makeOutput = outputName: {
          name = outputName;
          value = common // {
            outPath = drv.${outputName}.outPath;
            drvPath = drv.${outputName}.drvPath;
            type = "derivation";
            inherit outputName;
          };
        };
        outputsList = map makeOutput outputs;
      in
      builtins.addErrorContext "while evaluating the job '${drv.name}'" (builtins.head outputsList).value;

  makeScope =
    newScope: f:
    let
      self = f self // {
        newScope = scope: newScope (self // scope);
        callPackage = self.newScope { };
        overrideScope = g: makeScope newScope (lib.fixedPoints.extends g f);
        packages = f;
      };
    in
    self;
  makeScopeWithSplicing' =
    { splicePackages, newScope }:
    { otherSplices, keep ? _: { }, extra ? _: { }, f }:
    let
      self = f self // {
        newScope = scope: newScope (self // scope);
        callPackage = newScope self;
        overrideScope = g: makeScopeWithSplicing' { inherit splicePackages newScope; } {
          inherit otherSplices keep extra;
          f = lib.fixedPoints.extends g f;
        };
        packages = f;
      };
    in
    self;

  # A builder of packages on top of another one, that understands both a set and `finalAttrs: { ... }`.
  extendMkDerivation =
    {
      constructDrv,
      excludeDrvArgNames ? [ ],
      extendDrvArgs,
      transformDrv ? lib.trivial.id,
      inheritFunctionArgs ? true,
    }:
    lib.trivial.setFunctionArgs (
      fpargs:
      transformDrv (
        constructDrv (
          lib.fixedPoints.extends (
            finalAttrs: args: removeAttrs args excludeDrvArgNames // extendDrvArgs finalAttrs args
          ) (lib.trivial.toFunction fpargs)
        )
      )
    ) (
      removeAttrs (
        lib.attrsets.optionalAttrs inheritFunctionArgs (lib.trivial.functionArgs constructDrv)
        // lib.trivial.functionArgs (extendDrvArgs { })
      ) excludeDrvArgNames
    );
}
