# case: builtins contains itself
[ (builtins ? builtins) (builtins.builtins ? map) ]
# case: names that are also global
[ (map == null) (isNull null) (toString 1) (baseNameOf "a/b") (removeAttrs { } [ ]) (dirOf "a/b") (builtins.typeOf throw) (builtins.typeOf abort) (builtins.typeOf import) (builtins.typeOf derivation) (builtins.typeOf placeholder) (builtins.typeOf scopedImport) (builtins.typeOf fromTOML) ]
# case: names with two underscores
[ (__length [ 1 ]) (__add 1 2) (__typeOf 1) (__head [ 1 ]) (__attrNames { a = 1; }) (__substring 0 1 "ab") (__elemAt [ 5 ] 0) ]
# case: names that are not global
map builtins.typeOf [ builtins.length builtins.head builtins.attrNames ]
# case: constants
[ builtins.true builtins.false builtins.null ]
# case: builtins can be shadowed
let builtins = { map = 1; }; in builtins.map
# case: every pure builtin of the language is there
builtins.filter (n: ! (builtins ? ${n})) [
  "abort" "add" "addErrorContext" "all" "any" "appendContext" "attrNames" "attrValues" "baseNameOf" "bitAnd" "bitOr" "bitXor"
  "builtins" "catAttrs" "ceil" "compareVersions" "concatLists" "concatMap" "concatStringsSep" "currentSystem" "deepSeq" "derivation"
  "derivationStrict" "dirOf" "div" "elem" "elemAt" "false" "fetchGit" "filter" "filterSource" "findFile"
  "floor" "foldl'" "fromJSON" "fromTOML" "functionArgs" "genList" "genericClosure" "getAttr" "getContext" "getEnv" "groupBy"
  "hasAttr" "hasContext" "hashFile" "hashString" "head" "import" "intersectAttrs" "isAttrs" "isBool" "isFloat" "isFunction" "isInt"
  "isList" "isNull" "isPath" "isString" "langVersion" "length" "lessThan" "listToAttrs" "map" "mapAttrs" "match" "mul" "nixPath"
  "nixVersion" "null" "parseDrvName" "partition" "path" "pathExists" "placeholder" "readDir" "readFile" "removeAttrs" "replaceStrings"
  "scopedImport" "seq" "sort" "split" "splitVersion" "storeDir" "storePath" "stringLength" "sub" "substring" "tail" "throw" "toFile"
  "toJSON" "toPath" "toString" "toXML" "trace" "true" "tryEval" "typeOf" "unsafeDiscardOutputDependency"
  "unsafeDiscardStringContext" "unsafeGetAttrPos" "zipAttrsWith"
]
# case: builtins newer than 2.8
# differs: added after Nix 2.8
builtins.filter (n: ! (builtins ? ${n})) [ "readFileType" "traceVerbose" "warn" "addDrvOutputDependencies" ]
# case: readFileType
# differs: added after Nix 2.8
[ (builtins.readFileType ../fixtures/text.txt) (builtins.readFileType ../fixtures) ]
# case: getEnv of nothing
builtins.getEnv "FIRN_TEST_NO_SUCH_VARIABLE"
# case: fetchers are functions
[ (builtins.typeOf fetchTarball) (builtins.typeOf builtins.fetchurl) ]
# case: convertHash
# differs: added after Nix 2.8
builtins.convertHash { hash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; toHashFormat = "base16"; }
