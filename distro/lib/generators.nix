# Texts of configuration formats from Nix values.
{ lib }:
let
  inherit (builtins) isAttrs isList isString isInt isBool isFloat isFunction isPath toJSON attrNames concatStringsSep;
  inherit (lib.attrsets) mapAttrsToList isDerivation;
  inherit (lib.strings) concatMapStringsSep escapeNixIdentifier escape escapeXML;
in
rec {
  mkValueStringDefault =
    { }:
    v:
    if isInt v then toString v
    else if isDerivation v then toString v
    else if isString v then v
    else if v == true then "true"
    else if v == false then "false"
    else if v == null then "null"
    else if isFloat v then lib.strings.floatToString v
    else if isPath v then toString v
    else throw "generators.mkValueStringDefault: ${builtins.typeOf v} not supported: ${toPretty { } v}";

  mkKeyValueDefault =
    { mkValueString ? mkValueStringDefault { } }:
    sep: k: v:
    "${escape [ sep ] k}${sep}${mkValueString v}";

  toKeyValue =
    {
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
      indent ? "",
    }:
    attrs:
    let
      line = k: v: indent + mkKeyValue k v + "\n";
      lines = k: v: if listsAsDuplicateKeys then map (line k) (lib.lists.toList v) else [ (line k v) ];
    in
    lib.strings.concatStrings (builtins.concatLists (mapAttrsToList lines attrs));

  toINI =
    {
      mkSectionName ? name: escape [ "[" "]" ] name,
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
    }:
    sections:
    concatStringsSep "\n" (
      mapAttrsToList (
        name: values: "[${mkSectionName name}]\n" + toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } values
      ) sections
    );
  toINIWithGlobalSection =
    { mkSectionName ? name: escape [ "[" "]" ] name, mkKeyValue ? mkKeyValueDefault { } "=", listsAsDuplicateKeys ? false }:
    { globalSection, sections ? { } }:
    (
      if globalSection == { } then "" else toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } globalSection + "\n"
    )
    + toINI { inherit mkSectionName mkKeyValue listsAsDuplicateKeys; } sections;
  toGitINI =
    attrs:
    let
      sectionName = path: if builtins.length path == 1 then builtins.head path else "${builtins.head path} \"${concatStringsSep "." (builtins.tail path)}\"";
      keyValue =
        k: v:
        let
          text = if isBool v then lib.trivial.boolToString v else if isString v then "\"${escape [ "\\" "\"" ] v}\"" else toString v;
        in
        "\t${k} = ${text}\n";
      go =
        path: set:
        let
          plain = lib.attrsets.filterAttrs (_: v: !isAttrs v) set;
          nested = lib.attrsets.filterAttrs (_: isAttrs) set;
          here = lib.strings.concatStrings (mapAttrsToList (k: v: lib.strings.concatMapStrings (keyValue k) (lib.lists.toList v)) plain);
        in
        lib.lists.optional (plain != { }) "[${sectionName path}]\n${here}"
        ++ builtins.concatLists (mapAttrsToList (k: go (path ++ [ k ])) nested);
    in
    concatStringsSep "\n" (builtins.concatLists (mapAttrsToList (k: go [ k ]) attrs));

  toJSON = { }: builtins.toJSON;
  toYAML = { }: builtins.toJSON;

  # A Nix value as Nix text, for people: multi-line by default, functions and derivations by name.
  toPretty =
    {
      allowPrettyValues ? false,
      multiline ? true,
      indent ? "",
    }:
    let
      go =
        indent: v:
        let
          br = if multiline then "\n${indent}" else " ";
          inner = if multiline then "\n${indent}  " else " ";
          nested = go (indent + "  ");
        in
        if isInt v then toString v
        else if isFloat v then "~${toString v}"
        else if isString v then prettyString indent v
        else if v == true then "true"
        else if v == false then "false"
        else if v == null then "null"
        else if isPath v then toString v
        else if isList v then
          (if v == [ ] then "[ ]" else "[" + inner + concatMapStringsSep inner nested v + br + "]")
        else if isFunction v then
          (
            let
              args = lib.trivial.functionArgs v;
              show = concatStringsSep ", " (mapAttrsToList (name: hasDefault: name + (if hasDefault then "?" else "")) args);
            in
            if args == { } then "<function>" else "<function, args: {${show}}>"
          )
        else if isAttrs v then
          (
            if allowPrettyValues && v ? __pretty && v ? val then
              v.__pretty v.val
            else if v == { } then
              "{ }"
            else if v ? type && v.type == "derivation" then
              "<derivation ${v.name or "???"}>"
            else
              "{" + inner + concatStringsSep inner (mapAttrsToList (name: value: "${escapeNixIdentifier name} = ${builtins.addErrorContext "while evaluating an attribute '${name}'" (nested value)};") v) + br + "}"
          )
        else
          "<${builtins.typeOf v}>";
      prettyString =
        indent: s:
        let
          lines = lib.strings.splitString "\n" s;
          escapeSingle = builtins.replaceStrings [ "''" "\${" ] [ "'''" "''\${" ];
          body = if lib.lists.last lines == "" then lib.lists.init lines else lines;
          lastLine = if lib.lists.last lines == "" then "\n${indent}''" else "''";
        in
        if multiline && builtins.length lines > 1 then
          "''\n${indent}  " + concatMapStringsSep "\n${indent}  " escapeSingle body + lastLine
        else
          lib.strings.escapeNixString s;
    in
    go indent;

  withRecursion =
    { depthLimit, throwOnDepthLimit ? true }:
    assert isInt depthLimit;
    let
      special = [ "__functor" "__functionArgs" "__toString" "__pretty" ];
      go =
        depth: v:
        if depth > depthLimit then
          (if throwOnDepthLimit then throw "Exceeded maximum eval-depth limit of ${toString depthLimit} while trying to evaluate with 'generators.withRecursion'!" else "<unevaluated>")
        else if isAttrs v then
          builtins.mapAttrs (name: value: if builtins.elem name special then value else go (depth + 1) value) v
        else if isList v then
          map (go (depth + 1)) v
        else
          v;
    in
    go 0;

  toPlist =
    { escape ? false }:
    v:
    let
      text = if escape then escapeXML else lib.trivial.id;
      go =
        ind: x:
        if x == null then ""
        else if isBool x then ind + (if x then "<true/>" else "<false/>")
        else if isInt x then "${ind}<integer>${toString x}</integer>"
        else if isFloat x then "${ind}<real>${toString x}</real>"
        else if isList x then "${ind}<array>\n${concatMapStringsSep "\n" (go "\t${ind}") x}\n${ind}</array>"
        else if isAttrs x then
          "${ind}<dict>\n${concatStringsSep "\n" (mapAttrsToList (k: y: "\t${ind}<key>${text k}</key>\n${go "\t${ind}" y}") (lib.attrsets.filterAttrs (_: y: y != null) x))}\n${ind}</dict>"
        else "${ind}<string>${text (toString x)}</string>";
    in
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n${go "" v}\n</plist>";

  mkLuaInline = expr: { _type = "lua-inline"; inherit expr; };
  toLua =
    { multiline ? true, indent ? "", asBindings ? false }@args:
    v:
    let
      inner = indent + "  ";
      args' = removeAttrs args [ "asBindings" ] // { indent = inner; };
      sep = if multiline then "\n${inner}" else " ";
      end = if multiline then "\n${indent}" else " ";
      join = concatStringsSep ",${sep}";
    in
    if asBindings then
      lib.strings.concatStrings (mapAttrsToList (k: x: "${k} = ${toLua (removeAttrs args [ "asBindings" ]) x}\n") v)
    else if v == null then "nil"
    else if isInt v || isFloat v || isString v || isBool v then toJSON { } v
    else if isPath v || isDerivation v then toJSON { } "${v}"
    else if isList v then
      (if v == [ ] then "{}" else "{${sep}${join (map (toLua args') v)}${end}}")
    else if isAttrs v then
      (
        if v._type or "" == "lua-inline" then "(${v.expr})"
        else if v == { } then "{}"
        else "{${sep}${join (mapAttrsToList (k: x: "[${toJSON { } k}] = ${toLua args' x}") v)}${end}}"
      )
    else throw "generators.toLua: type ${builtins.typeOf v} is unsupported";
}
