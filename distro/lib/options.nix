# Options as module authors declare them, how their definitions merge by default, and their documentation.
{ lib }:
let
  inherit (builtins) length head tail elem isAttrs isList isFunction isString isInt isBool concatLists foldl';
  inherit (lib.attrsets) collect isDerivation mapAttrsToList optionalAttrs filterAttrs;
  inherit (lib.strings) concatMapStrings concatMapStringsSep concatStringsSep escapeNixIdentifier;
in
rec {
  isOption = lib.types.isType "option";

  # Accepts default, defaultText, example, description, type, apply, internal, visible, readOnly, relatedPackages.
  mkOption = attrs: attrs // { _type = "option"; };

  mkEnableOption =
    name:
    mkOption {
      default = false;
      example = true;
      description = if name ? _type && name._type == "mdDoc" then mdDoc "Whether to enable ${name.text}." else "Whether to enable ${name}.";
      type = lib.types.bool;
    };

  mkPackageOption =
    pkgs: name:
    {
      nullable ? false,
      default ? name,
      example ? null,
      extraDescription ? "",
      pkgsText ? "pkgs",
    }:
    let
      displayName = if isList name then lib.lists.last name else name;
      path = if isList default then default else [ default ];
      text = p: "${pkgsText}.${concatStringsSep "." p}";
      package = lib.attrsets.attrByPath path (throw "mkPackageOption: ${text path} cannot be found in ${pkgsText}") pkgs;
    in
    mkOption (
      {
        type = (if nullable then lib.types.nullOr else lib.trivial.id) lib.types.package;
        description = "The ${displayName} package to use." + (if extraDescription == "" then "" else " " + extraDescription);
      }
      // (if default == null then optionalAttrs nullable { default = null; } else { default = package; defaultText = literalExpression (text path); })
      // optionalAttrs (example != null) {
        example = literalExpression (if isList example then text example else if isString example && !(lib.strings.hasInfix "." example) then text [ example ] else example);
      }
    );
  mkPackageOptionMD = mkPackageOption;

  # A type that accepts and forgets everything: options that another system has and this one lacks.
  mkSinkUndeclaredOptions =
    attrs:
    mkOption (
      {
        internal = true;
        visible = false;
        default = false;
        description = "Sink for option definitions.";
        type = lib.types.mkOptionType {
          name = "sink";
          check = _: true;
          merge = _: _: false;
        };
        apply = _: throw "Option value is not readable because the option is not declared.";
      }
      // attrs
    );

  mergeDefaultOption =
    loc: defs:
    let
      values = getValues defs;
    in
    if length values == 1 then head values
    else if lib.lists.all isFunction values then x: mergeDefaultOption loc (map (f: f x) values)
    else if lib.lists.all isList values then concatLists values
    else if lib.lists.all isAttrs values then foldl' lib.trivial.mergeAttrs { } values
    else if lib.lists.all isBool values then foldl' (a: b: a || b) false values
    else if lib.lists.all isString values then lib.strings.concatStrings values
    else if lib.lists.all isInt values && lib.lists.all (x: x == head values) values then head values
    else throw "Cannot merge definitions of '${showOption loc}'. Definition values:${showDefs defs}";

  mergeOneOption = mergeUniqueOption { message = ""; };
  mergeUniqueOption =
    args:
    if args ? message then
      loc: defs:
      if length defs == 1 then
        (args.merge or (_: ds: (head ds).value)) loc defs
      else
        throw "The option '${showOption loc}' is defined multiple times while it's expected to be unique.\n${args.message}\nDefinition values:${showDefs defs}\n${prioritySuggestion}"
    else
      throw "mergeUniqueOption: the argument 'message' is missing";

  mergeEqualOption =
    loc: defs:
    if defs == [ ] then
      throw "This case should never happen."
    else if length defs == 1 then
      (head defs).value
    else
      (foldl' (
        first: def:
        if def.value == first.value then
          first
        else
          throw "The option '${showOption loc}' has conflicting definition values:${
            showDefs [ first def ]
          }\n${prioritySuggestion}"
      ) (head defs) (tail defs)).value;
  prioritySuggestion = "Use `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions.";

  getValues = map (x: x.value);
  getFiles = map (x: x.file);

  # Documentation of an option tree, one record an option, sub-options of submodules included.
  optionAttrSetToDocList = optionAttrSetToDocList' [ ];
  optionAttrSetToDocList' =
    _:
    options:
    lib.lists.concatMap (
      opt:
      let
        name = showOption opt.loc;
        docOption =
          {
            inherit (opt) loc;
            inherit name;
            description = opt.description or null;
            declarations = builtins.filter (x: x != unknownModule) opt.declarations;
            internal = opt.internal or false;
            visible = if (opt ? visible && opt.visible == "shallow") then true else opt.visible or true;
            readOnly = opt.readOnly or false;
            type = opt.type.description or "unspecified";
          }
          // optionalAttrs (opt ? example) { example = renderOptionValue opt.example; }
          // optionalAttrs (opt ? defaultText || opt ? default) { default = renderOptionValue (opt.defaultText or opt.default); }
          // optionalAttrs (opt ? relatedPackages && opt.relatedPackages != null) { inherit (opt) relatedPackages; };
        subOptions =
          let
            ss = opt.type.getSubOptions opt.loc;
          in
          if ss != { } then optionAttrSetToDocList' opt.loc ss else [ ];
        subVisible = opt.visible or true == true;
      in
      [ docOption ] ++ (if subVisible && opt ? type then subOptions else [ ])
    ) (collect isOption options);

  scrubOptionValue =
    x:
    if isDerivation x then { type = "derivation"; drvPath = x.name; outPath = x.name; name = x.name; }
    else if isList x then map scrubOptionValue x
    else if isAttrs x then builtins.mapAttrs (_: scrubOptionValue) (removeAttrs x [ "_args" ])
    else x;
  renderOptionValue =
    v:
    if v ? _type && v ? text then v
    else literalExpression (lib.generators.toPretty { multiline = true; allowPrettyValues = true; } v);
  literalExpression =
    text:
    if !isString text then throw "literalExpression expects a string." else { _type = "literalExpression"; inherit text; };
  literalExample = literalExpression;
  literalMD = text: { _type = "literalMD"; inherit text; };
  mdDoc = lib.trivial.id;
  literalDocBook = literalMD;

  # Option path as text, quoted where a part is not a plain identifier.
  showOption =
    parts:
    concatMapStringsSep "." (
      part:
      if elem part [ "*" "<name>" "<function body>" ] || lib.strings.hasPrefix "[definition " part then part
      else escapeNixIdentifier part
    ) parts;
  showFiles = files: concatStringsSep " and " (map (f: "'${f}'") files);

  unknownModule = "<unknown-file>";

  # The definitions as a list for messages: file, place in the file when known, and the value cut short.
  showDefs =
    defs:
    concatMapStrings (
      def:
      let
        pretty = lib.generators.toPretty { } (lib.generators.withRecursion { depthLimit = 10; throwOnDepthLimit = false; } def.value);
        evaluated = builtins.tryEval pretty;
        lines = lib.strings.splitString "\n" evaluated.value;
        shown = lib.lists.take 5 lines;
        text = concatStringsSep "\n    " (shown ++ lib.lists.optional (length lines > 5) "...");
        value = if !evaluated.success then "" else ": ${text}";
      in
      "\n- In ${showPlace def}${value}"
    ) defs;
  showPlace =
    def:
    let
      pos = def.pos or null;
    in
    if pos != null then "'${pos.file}' line ${toString pos.line}, column ${toString pos.column}" else "'${def.file}'";

  showOptionWithDefLocs = opt: ''
    ${showOption opt.loc}, with values defined in:
    ${concatMapStringsSep "\n" (file: "  - ${file}") opt.files}
  '';
}
