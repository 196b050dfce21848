# Functions that belong to no type in particular.
{ lib }:
let
  inherit (builtins) isAttrs isString foldl';
  hexDigits = {
    "0" = 0; "1" = 1; "2" = 2; "3" = 3; "4" = 4; "5" = 5; "6" = 6; "7" = 7; "8" = 8; "9" = 9;
    a = 10; b = 11; c = 12; d = 13; e = 14; f = 15; A = 10; B = 11; C = 12; D = 13; E = 14; F = 15;
  };
  releaseFile = ../.version;
  # Stand in a channel's tree only.
  suffixFile = ../.version-suffix;
  revisionFile = ../.git-revision;
in
rec {
  inherit (builtins) isBool isInt isFloat isList isPath isAttrs isString add sub lessThan seq deepSeq genericClosure pathExists readFile;
  inherit (builtins) bitAnd bitOr bitXor;

  id = x: x;
  const = x: _: x;
  pipe = foldl' (x: f: f x);
  concat = x: y: x ++ y;
  "or" = x: y: x || y;
  and = x: y: x && y;
  xor = x: y: x != y;
  flip = f: a: b: f b a;
  mergeAttrs = x: y: x // y;
  defaultTo = default: value: if value == null then default else value;
  mapNullable = f: a: if a == null then null else f a;

  boolToString = b: if b then "true" else "false";
  boolToYesNo = b: if b then "yes" else "no";

  min = x: y: if x < y then x else y;
  max = x: y: if x > y then x else y;
  mod = base: int: base - int * (base / int);
  compare = a: b: if a < b then -1 else if a > b then 1 else 0;
  # Values for which the predicate holds come first; each class has its own comparison.
  splitByAndCompare =
    p: yes: no: a: b:
    if p a then (if p b then yes a b else -1) else if p b then 1 else no a b;

  release = lib.strings.fileContents releaseFile;
  versionSuffix = if builtins.pathExists suffixFile then lib.strings.fileContents suffixFile else "";
  version = release + versionSuffix;
  codeName = "Firn";
  oldestSupportedRelease = 2405;
  isInOldestRelease = r: r <= oldestSupportedRelease;
  revisionWithDefault = default: if builtins.pathExists revisionFile then lib.strings.fileContents revisionFile else default;
  inNixShell = builtins.getEnv "IN_NIX_SHELL" != "";
  inPureEvalMode = !(builtins ? currentSystem);

  importJSON = path: builtins.fromJSON (builtins.readFile path);
  importTOML = path: builtins.fromTOML (builtins.readFile path);

  warn =
    msg:
    let
      abortOnWarn = lib.elem (builtins.getEnv "NIX_ABORT_ON_WARN") [ "1" "true" "yes" ];
    in
    if abortOnWarn then
      builtins.abort "NIX_ABORT_ON_WARN=true; warnings are treated as errors: ${msg}"
    else
      builtins.trace "warning: ${msg}";
  warnIf = cond: msg: if cond then warn msg else id;
  warnIfNot = cond: warnIf (!cond);
  warnOnInstantiate =
    msg: drv:
    drv
    // {
      drvPath = warn msg drv.drvPath;
      outPath = warn msg drv.outPath;
    };
  throwIf = cond: msg: if cond then throw msg else id;
  throwIfNot = cond: throwIf (!cond);
  checkListOfEnum =
    msg: valid: given:
    let
      unexpected = lib.lists.subtractLists valid given;
      show = lib.strings.concatMapStringsSep ", " toString;
    in
    throwIf (unexpected != [ ]) "${msg}: ${show unexpected} unexpected; valid ones: ${show valid}";
  info = msg: builtins.trace "INFO: ${msg}";
  showWarnings = warnings: res: lib.lists.foldr warn res warnings;

  # A function with declared arguments, for what would otherwise hide them behind a wrapper.
  setFunctionArgs = f: args: {
    __functor = _: f;
    __functionArgs = args;
  };
  functionArgs =
    f:
    if f ? __functor then f.__functionArgs or (functionArgs (f.__functor f)) else builtins.functionArgs f;
  isFunction = f: builtins.isFunction f || (f ? __functor && isFunction (f.__functor f));
  toFunction = v: if isFunction v then v else _: v;

  fromHexString =
    str:
    let
      digits = lib.strings.stringToCharacters (lib.strings.removePrefix "0x" str);
      value = c: hexDigits.${c} or (throw "fromHexString: '${str}' is not a hexadecimal number");
    in
    foldl' (acc: c: acc * 16 + value c) 0 digits;
  toBaseDigits =
    base: n:
    let
      go = i: acc: if i < base then [ i ] ++ acc else go (i / base) ([ (mod i base) ] ++ acc);
    in
    assert n >= 0 && base >= 2;
    go n [ ];
  toHexString =
    n:
    lib.strings.concatMapStrings (builtins.elemAt (lib.strings.stringToCharacters "0123456789ABCDEF")) (
      toBaseDigits 16 n
    );
}
