# The library that packages and modules are written with. Names, laziness and results are those of
# nixpkgs' `lib`, so that expressions written for NixOS evaluate unchanged; the writing is our own.
#
# `lib` is a fixed point over `extend`, each file being a function of the whole library. What a file
# exports is found under its own name (`lib.strings.hasPrefix`) and, for everyday names, at the top.
let
  inherit (import ./fixed-points.nix { lib = null; }) makeExtensible;
in
makeExtensible (
  lib:
  let
    load = file: import file { inherit lib; };
  in
  {
    trivial = load ./trivial.nix;
    fixedPoints = load ./fixed-points.nix;
    attrsets = load ./attrsets.nix;
    lists = load ./lists.nix;
    strings = load ./strings.nix;
    stringsWithDeps = load ./strings-with-deps.nix;
    versions = load ./versions.nix;
    path = load ./path.nix;
    sources = load ./sources.nix;
    customisation = load ./customisation.nix;
    derivations = load ./derivations.nix;
    meta = load ./meta.nix;
    generators = load ./generators.nix;
    cli = load ./cli.nix;
    asserts = load ./asserts.nix;
    debug = load ./debug.nix;
    options = load ./options.nix;
    types = load ./types.nix;
    modules = load ./modules.nix;
    licenses = load ./licenses.nix;
    systems = load ./systems;
    platforms = lib.systems.doubles;
    maintainers = { };
    teams = { };

    inherit (builtins)
      add addErrorContext attrNames concatLists deepSeq elem elemAt filter genericClosure genList getAttr
      hasAttr head isAttrs isBool isFloat isInt isList isPath isString length lessThan listToAttrs map
      pathExists readFile replaceStrings seq stringLength sub substring tail trace
      ;
  }
  // {
    inherit (lib.trivial)
      id const pipe concat or and xor bitAnd bitOr bitXor boolToString boolToYesNo mergeAttrs flip defaultTo mapNullable
      version release codeName versionSuffix inNixShell inPureEvalMode min max mod compare
      splitByAndCompare importJSON importTOML warn warnIf warnIfNot throwIf throwIfNot checkListOfEnum info
      showWarnings setFunctionArgs functionArgs isFunction toFunction fromHexString toHexString toBaseDigits
      oldestSupportedRelease isInOldestRelease warnOnInstantiate
      ;
    inherit (lib.fixedPoints)
      fix fix' converge extends composeExtensions composeManyExtensions makeExtensible
      makeExtensibleWithCustomName toExtension
      ;
    inherit (lib.attrsets)
      attrByPath hasAttrByPath longestValidPathPrefix setAttrByPath getAttrFromPath attrVals attrValues
      getAttrs catAttrs filterAttrs filterAttrsRecursive foldlAttrs foldAttrs collect nameValuePair mapAttrs
      mapAttrs' mapAttrsToList attrsToList concatMapAttrs mapAttrsRecursive mapAttrsRecursiveCond genAttrs
      isDerivation toDerivation optionalAttrs zipAttrsWithNames zipAttrsWith zipAttrs recursiveUpdateUntil
      recursiveUpdate matchAttrs mergeAttrsList overrideExisting showAttrPath getOutput getFirstOutput getBin
      getLib getStatic getDev getInclude getMan chooseDevOutputs recurseIntoAttrs dontRecurseIntoAttrs
      cartesianProduct cartesianProductOfSets mapCartesianProduct updateManyAttrsByPath unionOfDisjoint
      intersectAttrs genAttrs' removeAttrs
      ;
    inherit (lib.lists)
      singleton forEach foldr fold foldl foldl' imap0 imap1 concatMap flatten remove findSingle findFirst any
      all count optional optionals toList range replicate partition zipListsWith zipLists reverseList listDfs
      toposort sort sortOn naturalSort compareLists take takeEnd drop dropEnd sublist last init crossLists
      unique allUnique intersectLists subtractLists mutuallyExclusive groupBy groupBy' concatAttrValues
      ifilter0 uniqueStrings
      ;
    inherit (lib.strings)
      concatStrings concatMapStrings concatImapStrings intersperse concatStringsSep concatMapStringsSep
      concatMapAttrsStringSep concatImapStringsSep concatLines replaceString join trim trimWith makeSearchPath
      makeSearchPathOutput makeLibraryPath makeIncludePath makeBinPath optionalString hasInfix hasPrefix
      hasSuffix stringToCharacters stringAsChars escape escapeShellArg escapeShellArgs isStorePath isStringLike
      isValidPosixName toShellVar toShellVars escapeRegex escapeURL escapeXML toLower toUpper toSentenceCase
      addContextFrom splitString splitStringBy removePrefix removeSuffix versionOlder versionAtLeast getName
      getVersion nameFromURL enableFeature enableFeatureAs withFeature withFeatureAs fixedWidthString
      fixedWidthNumber floatToString toInt toIntBase10 readPathsFromFile fileContents sanitizeDerivationName
      escapeNixString escapeNixIdentifier strings-match mesonOption mesonBool mesonEnable cmakeOptionType
      cmakeBool cmakeFeature toCamelCase
      ;
    inherit (lib.stringsWithDeps)
      textClosureList textClosureMap noDepEntry fullDepEntry packEntry stringAfter
      ;
    inherit (lib.customisation)
      overrideDerivation makeOverridable callPackageWith callPackagesWith extendDerivation hydraJob makeScope
      makeScopeWithSplicing' extendMkDerivation
      ;
    inherit (lib.derivations) lazyDerivation optionalDrvAttr;
    inherit (lib.sources)
      cleanSource cleanSourceWith cleanSourceFilter sourceByRegex sourceFilesBySuffices pathType
      pathIsDirectory pathIsRegularFile
      ;
    inherit (lib.meta)
      addMetaAttrs dontDistribute setName updateName appendToName mapDerivationAttrset setPrio lowPrio hiPrio
      licensesSpdx getLicenseFromSpdxId getExe getExe' availableOn platformMatch
      ;
    inherit (lib.asserts) assertMsg assertOneOf assertEachOneOf;
    inherit (lib.debug)
      traceIf traceVal traceValFn traceSeq traceSeqN traceValSeq runTests testAllTrue
      ;
    inherit (lib.options)
      isOption mkOption mkEnableOption mkPackageOption mkPackageOptionMD mkSinkUndeclaredOptions
      mergeDefaultOption mergeOneOption mergeEqualOption mergeUniqueOption getValues getFiles
      optionAttrSetToDocList optionAttrSetToDocList' scrubOptionValue literalExpression literalMD mdDoc
      showOption showFiles showDefs unknownModule literalExample showOptionWithDefLocs literalDocBook
      ;
    inherit (lib.types)
      isType setType defaultTypeMerge defaultFunctor isOptionType mkOptionType
      ;
    inherit (lib.modules)
      evalModules setDefaultModuleLocation unifyModuleSyntax applyModuleArgsIfFunction mergeModules
      mergeModules' mergeOptionDecls mergeDefinitions pushDownProperties dischargeProperties filterOverrides
      sortProperties fixupOptionType mkIf mkAssert mkDefinition mkMerge mkOverride mkOptionDefault mkDefault
      mkImageMediaOverride mkForce mkVMOverride mkFixStrictness mkOrder mkBefore mkAfter mkAliasDefinitions
      mkAliasAndWrapDefinitions fixMergeModules mkRemovedOptionModule mkRenamedOptionModule
      mkRenamedOptionModuleWith mkMergedOptionModule mkChangedOptionModule mkAliasOptionModule
      mkAliasOptionModuleMD mkDerivedConfig doRename importApply defaultOverridePriority mkAliasIfDef
      defaultOrderPriority filterOverrides' evalOptionValue importJSONModule importTOMLModule
      mkAliasAndWrapDefsWithPriority
      ;
  }
)
