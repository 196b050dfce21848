# Strings: join, split, trim, escape, convert, compare.
{ lib }:
let
  inherit (builtins)
    length head tail elem elemAt genList isList isString isAttrs isInt isPath isFloat isBool match split
    stringLength substring filter concatLists replaceStrings foldl' toJSON listToAttrs unsafeDiscardStringContext
    ;
  lowerChars = stringToCharacters "abcdefghijklmnopqrstuvwxyz";
  upperChars = stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  stringToCharacters = s: genList (i: substring i 1 s) (stringLength s);
  # Code of each character 1-127, read from a JSON text since Nix has no other way to name control characters.
  asciiTable = listToAttrs (
    map (c: {
      name = builtins.fromJSON "\"\\u00${hex2 c}\"";
      value = c;
    }) (genList (i: i + 1) 127)
  );
  hexChars = stringToCharacters "0123456789abcdef";
  hex2 = n: elemAt hexChars (n / 16) + elemAt hexChars (n - n / 16 * 16);
in
rec {
  inherit stringToCharacters;
  inherit (builtins)
    compareVersions elem elemAt filter fromJSON genList head isInt isList isAttrs isPath isString match
    parseDrvName readFile replaceStrings split storeDir stringLength substring tail toJSON typeOf
    unsafeDiscardStringContext hashString toString
    ;
  # Whether a regular expression matches the whole string.
  strings-match = regex: s: match regex s != null;

  concatStrings = builtins.concatStringsSep "";
  concatStringsSep = builtins.concatStringsSep;
  concatMapStrings = f: list: concatStrings (map f list);
  concatImapStrings = f: list: concatStrings (lib.lists.imap1 f list);
  concatMapStringsSep = sep: f: list: concatStringsSep sep (map f list);
  concatImapStringsSep = sep: f: list: concatStringsSep sep (lib.lists.imap1 f list);
  concatMapAttrsStringSep = sep: f: attrs: concatStringsSep sep (lib.attrsets.mapAttrsToList f attrs);
  concatLines = concatMapStrings (s: s + "\n");
  intersperse =
    sep: list:
    if list == [ ] || length list == 1 then
      list
    else
      tail (concatLists (map (x: [ sep x ]) list));
  join = concatStringsSep;
  replaceString = from: to: replaceStrings [ from ] [ to ];
  replicate = n: s: concatStrings (genList (_: s) n);

  trim = trimWith { start = true; end = true; };
  trimWith =
    {
      start ? false,
      end ? false,
    }:
    s:
    let
      space = "[ \t\r\n]*";
      # The greedy middle must not end in white space, or there is no middle at all.
      body = if end then "(.*[^ \t\r\n])${space}" else "(.*)";
      m = match (if start then "${space}([^ \t\r\n].*)" else "(.*)") s;
      left = if m == null then "" else head m;
      m2 = match body left;
    in
    if m2 == null then "" else head m2;

  makeSearchPath = subDir: paths: concatStringsSep ":" (map (path: path + "/" + subDir) (filter (x: x != null) paths));
  makeSearchPathOutput = output: subDir: pkgs: makeSearchPath subDir (map (lib.attrsets.getOutput output) pkgs);
  makeLibraryPath = makeSearchPathOutput "lib" "lib";
  makeIncludePath = makeSearchPathOutput "dev" "include";
  makeBinPath = makeSearchPathOutput "bin" "bin";
  normalizePath =
    s:
    concatStrings (
      filter isString (
        lib.lists.imap0 (
          i: part: if isList part then "/" else part
        ) (split "/+" s)
      )
    );

  optionalString = cond: s: if cond then s else "";
  hasPrefix = prefix: s: substring 0 (stringLength prefix) s == prefix;
  hasSuffix =
    suffix: s:
    let
      n = stringLength s;
      k = stringLength suffix;
    in
    n >= k && substring (n - k) k s == suffix;
  hasInfix = infix: s: match ".*${escapeRegex infix}.*" "${s}" != null;
  stringAsChars = f: s: concatStrings (map f (stringToCharacters s));
  charToInt = c: asciiTable.${c} or (throw "charToInt: '${c}' is not an ASCII character");

  escape = list: replaceStrings list (map (c: "\\${c}") list);
  escapeC = list: replaceStrings list (map (c: "\\x${lib.strings.toLower (hex2 (charToInt c))}") list);
  escapeURL =
    let
      safe = stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
      unsafe = removeAttrs asciiTable safe;
    in
    replaceStrings (builtins.attrNames unsafe) (
      lib.attrsets.mapAttrsToList (_: code: "%${toUpper (hex2 code)}") unsafe
    );
  escapeShellArg =
    arg:
    let
      s = toString arg;
    in
    if match "[[:alnum:],._+:@%/-]+" s == null then "'${replaceStrings [ "'" ] [ "'\\''" ] s}'" else s;
  escapeShellArgs = concatMapStringsSep " " escapeShellArg;
  isValidPosixName = name: match "[a-zA-Z_][a-zA-Z0-9_]*" name != null;
  toShellVar =
    name: value:
    let
      valid = if isValidPosixName name then name else throw "toShellVar: '${name}' is not a valid shell variable name";
    in
    if isAttrs value && !isStringLike value then
      "declare -A ${valid}=(${concatStringsSep " " (lib.attrsets.mapAttrsToList (k: v: "[${escapeShellArg k}]=${escapeShellArg v}") value)})"
    else if isList value then
      "declare -a ${valid}=(${escapeShellArgs value})"
    else
      "${valid}=${escapeShellArg value}";
  toShellVars = vars: concatStringsSep "\n" (lib.attrsets.mapAttrsToList toShellVar vars);
  escapeNixString = s: escape [ "$" ] (toJSON s);
  escapeRegex = escape (stringToCharacters "\\[{()^$?*+|.");
  escapeNixIdentifier =
    s: if match "[a-zA-Z_][a-zA-Z0-9_'-]*" s != null && !elem s [ "assert" "else" "if" "in" "inherit" "let" "or" "rec" "then" "with" ] then s else escapeNixString s;
  escapeXML = replaceStrings [ "\"" "'" "<" ">" "&" ] [ "&quot;" "&apos;" "&lt;" "&gt;" "&amp;" ];

  inherit lowerChars upperChars;
  toLower = replaceStrings upperChars lowerChars;
  toUpper = replaceStrings lowerChars upperChars;
  toSentenceCase = s: toUpper (substring 0 1 s) + toLower (substring 1 (-1) s);
  toCamelCase =
    s:
    let
      words = filter (w: isString w && w != "") (split "[-_ ]+" s);
      lowerFirst = w: toLower (substring 0 1 w) + substring 1 (-1) w;
      upperFirst = w: toUpper (substring 0 1 w) + substring 1 (-1) w;
    in
    concatStrings (lib.lists.imap0 (i: w: if i == 0 then lowerFirst w else upperFirst w) words);

  addContextFrom = src: target: substring 0 0 src + target;
  splitString = sep: s: map (addContextFrom s) (filter isString (split (escapeRegex (toString sep)) (toString s)));
  splitStringBy =
    predicate: keepSplit: s:
    let
      step =
        acc: c:
        if acc.prev != "" && predicate acc.prev c then
          {
            prev = c;
            done = acc.done ++ [ acc.current ];
            current = if keepSplit then c else "";
          }
        else
          acc // {
            prev = c;
            current = acc.current + c;
          };
      res = foldl' step { prev = ""; done = [ ]; current = ""; } (stringToCharacters s);
    in
    if s == "" then [ "" ] else map (addContextFrom s) (res.done ++ [ res.current ]);
  removePrefix = prefix: s: if hasPrefix prefix s then substring (stringLength prefix) (-1) s else s;
  removeSuffix = suffix: s: if hasSuffix suffix s then substring 0 (stringLength s - stringLength suffix) s else s;

  versionOlder = v1: v2: builtins.compareVersions v2 v1 == 1;
  versionAtLeast = v1: v2: !versionOlder v1 v2;
  getName = x: if isString x then (builtins.parseDrvName x).name else x.pname or (builtins.parseDrvName x.name).name;
  getVersion = x: if isString x then (builtins.parseDrvName x).version else x.version or (builtins.parseDrvName x.name).version;
  nameFromURL =
    url: sep:
    let
      fileName = lib.lists.last (splitString "/" url);
      name = head (splitString sep fileName);
    in
    assert name != fileName;
    name;

  mesonOption = feature: value: "-D${feature}=${value}";
  mesonBool = feature: cond: mesonOption feature (lib.trivial.boolToString cond);
  mesonEnable = feature: cond: mesonOption feature (if cond then "enabled" else "disabled");
  cmakeOptionType =
    type: feature: value:
    assert elem (toUpper type) [ "BOOL" "FILEPATH" "PATH" "STRING" "INTERNAL" "LIST" ];
    "-D${feature}:${toUpper type}=${value}";
  cmakeBool = feature: cond: cmakeOptionType "bool" feature (if cond then "TRUE" else "FALSE");
  cmakeFeature = cmakeOptionType "string";
  enableFeature = flag: feature: "--${if flag then "enable" else "disable"}-${feature}";
  enableFeatureAs = flag: feature: value: enableFeature flag feature + optionalString flag "=${value}";
  withFeature = flag: feature: "--with${optionalString (!flag) "out"}-${feature}";
  withFeatureAs = flag: feature: value: withFeature flag feature + optionalString flag "=${value}";

  fixedWidthString =
    width: filler: s:
    let
      missing = width - stringLength s;
    in
    if missing < 0 then
      throw "fixedWidthString: requested string length (${toString width}) must not be shorter than actual length (${toString (stringLength s)})"
    else
      concatStrings (genList (_: filler) missing) + s;
  fixedWidthNumber = width: n: fixedWidthString width "0" (toString n);
  floatToString =
    f:
    let
      s = toString f;
    in
    if isFloat f then head (match "([-0-9]+([.][0-9]*[1-9])?)[.]?0*" s) else s;

  isConvertibleWithToString =
    x: isStringLike x || elem (builtins.typeOf x) [ "null" "int" "float" "bool" ] || (isList x && lib.lists.all isConvertibleWithToString x);
  isCoercibleToString = isConvertibleWithToString;
  isStringLike = x: isString x || isPath x || (isAttrs x && (x ? outPath || x ? __toString));
  isStorePath =
    x:
    if isStringLike x then
      let
        s = toString x;
      in
      substring 0 1 s == "/" && dirOf s == builtins.storeDir
    else
      false;

  toInt =
    s:
    let
      m = match "[[:space:]]*(-?[[:digit:]]+)[[:space:]]*" s;
      digits = head m;
    in
    if m == null then
      throw "toInt: Could not convert ${escapeNixString s} to int."
    else if match "-?0[[:digit:]]+" digits != null then
      throw "toInt: Ambiguity in interpretation of ${escapeNixString s} between octal and zero padded integer."
    else
      builtins.fromJSON digits;
  toIntBase10 =
    s:
    let
      m = match "[[:space:]]*(-?)0*([[:digit:]]+)[[:space:]]*" s;
      value = builtins.fromJSON (elemAt m 1);
    in
    if m == null then
      throw "toIntBase10: Could not convert ${escapeNixString s} to int."
    else if head m == "-" then
      -value
    else
      value;

  readPathsFromFile =
    rootPath: file:
    map (p: rootPath + "/${p}") (filter (l: l != "" && !hasPrefix "#" l) (splitString "\n" (builtins.readFile file)));
  fileContents = file: removeSuffix "\n" (builtins.readFile file);

  # A name that may stand in a store path: no other characters, no leading dot, at most 207 bytes.
  sanitizeDerivationName =
    name:
    let
      plain = unsafeDiscardStringContext (toString name);
      noDots = head (match "[.]*(.*)" plain);
      safe = concatStrings (map (s: if isList s then "-" else s) (split "[^[:alnum:]+._?=-]+" noDots));
      n = stringLength safe;
      short = substring (lib.trivial.max (n - 207) 0) (-1) safe;
    in
    if n <= 207 && match "[[:alnum:]+_?=-][[:alnum:]+._?=-]*" plain != null then
      plain
    else if short == "" then
      "unknown"
    else
      short;

  # Edit distance by rows: each row is folded from the one above it.
  levenshtein =
    a: b:
    let
      bs = stringToCharacters b;
      nextRow =
        row: ca:
        let
          step =
            acc: j:
            let
              cost = if elemAt bs j == ca then 0 else 1;
              best = lib.trivial.min (lib.trivial.min (acc.left + 1) (elemAt row (j + 1) + 1)) (elemAt row j + cost);
            in
            builtins.seq best {
              left = best;
              row = acc.row ++ [ best ];
            };
          first = head row + 1;
        in
        (foldl' step { left = first; row = [ first ]; } (genList (j: j) (length bs))).row;
    in
    lib.lists.last (foldl' nextRow (genList (j: j) (length bs + 1)) (stringToCharacters a));
  levenshteinAtMost =
    k: a: b:
    let
      d = stringLength a - stringLength b;
    in
    (if d < 0 then -d else d) <= k && levenshtein a b <= k;
  commonPrefixLength =
    a: b: length (lib.lists.commonPrefix (stringToCharacters a) (stringToCharacters b));
  commonSuffixLength =
    a: b:
    length (
      lib.lists.commonPrefix (lib.lists.reverseList (stringToCharacters a)) (lib.lists.reverseList (stringToCharacters b))
    );
}
