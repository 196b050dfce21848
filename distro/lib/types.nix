# Types of options: what a definition may be (`check`), how several become one (`merge`), how two
# declarations of one option combine (`typeMerge`), and what documentation shows.
#
# A type is `mkOptionType { name, description, check, merge, ... }`. `merge loc defs` gets at least one
# definition, each checked already, as `{ file, value }` (with `pos` where the place in the file is known).
# `emptyValue` is `{ value = ...; }` for types that have a value without any definition.
{ lib }:
let
  inherit (builtins) isAttrs isBool isFloat isInt isList isString isFunction isPath head tail length elem elemAt attrNames typeOf match;
  inherit (lib.options) mergeDefaultOption mergeEqualOption mergeOneOption mergeUniqueOption getFiles getValues showFiles showOption showDefs;
  inherit (lib.modules) evalModules mergeDefinitions mkDefault mkIf fixupOptionType mergeOptionDecls mkOverride;
  inherit (lib.attrsets) mapAttrsToList optionalAttrs filterAttrs isDerivation zipAttrsWith;
  inherit (lib.strings) concatMapStringsSep concatStringsSep isStringLike isStorePath hasInfix;
  inherit (lib.lists) imap1 concatMap foldl' all;

  # Drops elements whose every definition was switched off.
  definedOnly = builtins.filter (x: x ? value);
  # For "list of <noun>", where a conjunction needs parentheses.
  phrase =
    accept: t:
    if elem (t.descriptionClass or null) accept then t.description else "(${t.description})";
  mergedValue = loc: t: defs: (mergeDefinitions loc t defs).mergedValue;
  outer = rec {
  isType = type: x: x._type or "" == type;
  setType = typeName: value: value // { _type = typeName; };
  isOptionType = isType "option-type";

  # Two declarations of the same type: the same payload, or one made by `binOp`.
  defaultTypeMerge =
    f: f':
    let
      merged = f.binOp f.payload f'.payload;
      wrapped = f.wrapped.typeMerge f'.wrapped.functor;
      bothHave = name: (f.${name} or null) != null && (f'.${name} or null) != null;
    in
    if f.name != f'.name then null
    else if bothHave "payload" then (if merged == null then null else f.type merged)
    else if bothHave "wrapped" then (if wrapped == null then null else f.type wrapped)
    else if (f.payload or null) == null && (f'.payload or null) == null && (f.wrapped or null) == null then f.type
    else null;
  defaultFunctor = name: {
    inherit name;
    type = types.${name} or null;
    wrapped = null;
    payload = null;
    binOp = a: b: null;
  };

  mkOptionType =
    {
      name,
      description ? null,
      descriptionClass ? null,
      check ? _: true,
      merge ? mergeDefaultOption,
      emptyValue ? { },
      getSubOptions ? _prefix: { },
      getSubModules ? null,
      substSubModules ? _m: null,
      typeMerge ? defaultTypeMerge functor,
      functor ? defaultFunctor name,
      deprecationMessage ? null,
      nestedTypes ? { },
    }:
    {
      _type = "option-type";
      inherit
        name check merge emptyValue getSubOptions getSubModules substSubModules typeMerge deprecationMessage
        nestedTypes descriptionClass functor
        ;
      description = if description == null then name else description;
    };

  # How the names of option types are checked by `mkOption` users: a type with an own check on top.
  addCheck = elemType: check: elemType // { check = x: elemType.check x && check x; };

  types =
    let
      intBetween =
        lowest: highest:
        assert lib.asserts.assertMsg (lowest <= highest) "ints.between: lowest must be smaller than highest";
        addCheck int (x: x >= lowest && x <= highest)
        // {
          name = "intBetween";
          description = "integer between ${toString lowest} and ${toString highest} (both inclusive)";
        };
      sized =
        name: bits: lowest: highest:
        intBetween lowest highest
        // {
          inherit name;
          description = "${toString bits} bit ${if lowest < 0 then "signed" else "unsigned"} integer; between ${toString lowest} and ${toString highest} (both inclusive)";
        };
      unsignedInt = bits: max: sized "unsignedInt${toString bits}" bits 0 max;
      signedInt = bits: half: sized "signedInt${toString bits}" bits (0 - half) (half - 1);

      mkNumberCheck = name: description: base: check: addCheck base check // { inherit name description; descriptionClass = "noun"; };

      inherit (types_) int float number;
      types_ = {
        raw = mkOptionType {
          name = "raw";
          description = "raw value";
          descriptionClass = "noun";
          merge = mergeOneOption;
        };

        # Structural merging of anything: sets by name, lists joined, functions pointwise.
        anything = mkOptionType {
          name = "anything";
          description = "anything";
          descriptionClass = "noun";
          merge =
            loc: defs:
            let
              kind =
                v:
                if isAttrs v && isStringLike v then "stringCoercibleSet" else typeOf v;
              kinds = lib.lists.unique (map (d: kind d.value) defs);
              first = head defs;
              byKind = {
                set = (lazyAttrsOf types_.anything).merge;
                list =
                  if length defs > 1 then
                    loc: ds: builtins.concatLists (getValues ds)
                  else
                    (listOf types_.anything).merge;
                stringCoercibleSet = mergeOneOption;
                lambda =
                  loc: ds: x:
                  types_.anything.merge (loc ++ [ "<function body>" ]) (
                    map (d: { inherit (d) file; value = d.value x; }) ds
                  );
              };
            in
            if length kinds == 1 then
              (byKind.${head kinds} or mergeEqualOption) loc defs
            else
              throw "The option '${showOption loc}' has conflicting option types in ${showFiles (getFiles defs)}:${showDefs defs}";
        };

        unspecified = mkOptionType {
          name = "unspecified";
          description = "unspecified value";
          descriptionClass = "noun";
        };

        bool = mkOptionType {
          name = "bool";
          description = "boolean";
          descriptionClass = "noun";
          check = isBool;
          merge = mergeEqualOption;
        };
        boolByOr = mkOptionType {
          name = "boolByOr";
          description = "boolean (merged using or)";
          descriptionClass = "noun";
          check = isBool;
          merge = _: defs: lib.lists.any (d: d.value) defs;
        };
        int = mkOptionType {
          name = "int";
          description = "signed integer";
          descriptionClass = "noun";
          check = isInt;
          merge = mergeEqualOption;
        };
        ints = {
          between = intBetween;
          unsigned = mkNumberCheck "unsignedInt" "unsigned integer, meaning >=0" int (x: x >= 0);
          positive = mkNumberCheck "positiveInt" "positive integer, meaning >0" int (x: x > 0);
          u8 = unsignedInt 8 255;
          u16 = unsignedInt 16 65535;
          u32 = unsignedInt 32 4294967295;
          s8 = signedInt 8 128;
          s16 = signedInt 16 32768;
          s32 = signedInt 32 2147483648;
        };
        port = types_.ints.u16;
        float = mkOptionType {
          name = "float";
          description = "floating point number";
          descriptionClass = "noun";
          check = isFloat;
          merge = mergeEqualOption;
        };
        number = either int float // { description = "signed integer or floating point number"; };
        numbers =
          let
            base = either int float;
          in
          {
            between =
              lowest: highest:
              mkNumberCheck "numberBetween" "integer or floating point number between ${lib.strings.floatToString lowest} and ${lib.strings.floatToString highest} (both inclusive)" base (x: x >= lowest && x <= highest);
            nonnegative = mkNumberCheck "numberNonnegative" "nonnegative integer or floating point number, meaning >=0" base (x: x >= 0);
            positive = mkNumberCheck "numberPositive" "positive integer or floating point number, meaning >0" base (x: x > 0);
          };

        str = mkOptionType {
          name = "str";
          description = "string";
          descriptionClass = "noun";
          check = isString;
          merge = mergeEqualOption;
        };
        nonEmptyStr = mkOptionType {
          name = "nonEmptyStr";
          description = "non-empty string";
          descriptionClass = "noun";
          check = x: types_.str.check x && match "[ \t\n]*" x == null;
          inherit (types_.str) merge;
        };
        # A string of one line; a newline at the end is taken away.
        singleLineStr = mkOptionType {
          name = "singleLineStr";
          description = "(optionally newline-terminated) single-line string";
          descriptionClass = "noun";
          check = x: isString x && match "[^\n\r]*\n?" x != null;
          merge = loc: defs: lib.strings.removeSuffix "\n" (mergeEqualOption loc defs);
        };
        strMatching =
          pattern:
          mkOptionType {
            name = "strMatching ${lib.strings.escapeNixString pattern}";
            description = "string matching the pattern ${pattern}";
            descriptionClass = "noun";
            check = x: types_.str.check x && match pattern x != null;
            inherit (types_.str) merge;
            functor = defaultFunctor "strMatching" // {
              type = payload: types_.strMatching payload.pattern;
              payload = { inherit pattern; };
              binOp = a: b: if a == b then a else null;
            };
          };
        separatedString =
          sep:
          mkOptionType {
            name = "separatedString";
            description = if sep == "" then "Concatenated string" else "strings concatenated with ${builtins.toJSON sep}";
            descriptionClass = "noun";
            check = isString;
            merge = _: defs: concatStringsSep sep (getValues defs);
            functor = defaultFunctor "separatedString" // {
              payload = { inherit sep; };
              type = payload: types_.separatedString payload.sep;
              binOp = a: b: if a.sep == b.sep then a else null;
            };
          };
        lines = types_.separatedString "\n";
        commas = types_.separatedString ",";
        envVar = types_.separatedString ":";
        string = types_.separatedString "" // { name = "string"; deprecationMessage = "use `types.str` or the correct `types.separatedString`"; };
        passwdEntry =
          entryType:
          addCheck entryType (s: !(hasInfix ":" s || hasInfix "\n" s))
          // {
            name = "passwdEntry ${entryType.name}";
            description = "${entryType.description}, not containing newlines or colons";
          };

        attrs = mkOptionType {
          name = "attrs";
          description = "attribute set";
          descriptionClass = "noun";
          check = isAttrs;
          merge = _: foldl' (res: def: res // def.value) { };
          emptyValue = { value = { }; };
        };
        package = mkOptionType {
          name = "package";
          description = "package";
          descriptionClass = "noun";
          check = x: isDerivation x || isStorePath x;
          merge =
            loc: defs:
            let
              value = mergeOneOption loc defs;
            in
            if builtins.isPath value || (isString value && !builtins.hasContext value) then lib.attrsets.toDerivation value else value;
        };
        shellPackage = types_.package // { check = x: isDerivation x && x ? shellPath; };
        pkgs = addCheck (unique { message = "A Nixpkgs pkgs set can not be merged with another pkgs set."; } types_.attrs // {
          name = "pkgs";
          descriptionClass = "noun";
          description = "Nixpkgs package set";
        }) (x: (x._type or null) == "pkgs");
        path = mkOptionType {
          name = "path";
          description = "absolute path";
          descriptionClass = "noun";
          check = x: isStringLike x && builtins.substring 0 1 (toString x) == "/";
          merge = mergeEqualOption;
        };
        pathInStore = mkOptionType {
          name = "pathInStore";
          description = "path in the Nix store";
          descriptionClass = "noun";
          check = x: isStringLike x && match "${builtins.storeDir}/[^.].*" (toString x) != null;
          merge = mergeEqualOption;
        };
        externalPath = types_.path // { name = "externalPath"; description = "absolute path not in the Nix store"; check = x: types_.path.check x && !types_.pathInStore.check x; };
        pathWith =
          { inStore ? null, absolute ? null }:
          mkOptionType {
            name = "path";
            description = "path";
            descriptionClass = "noun";
            check =
              x:
              isStringLike x
              && (inStore == null || types_.pathInStore.check x == inStore)
              && (absolute == null || (builtins.substring 0 1 (toString x) == "/") == absolute);
            merge = mergeEqualOption;
          };
        fileset = types_.raw // { name = "fileset"; };

        listOf =
          elemType:
          mkOptionType rec {
            name = "listOf";
            description = "list of ${phrase [ "noun" "composite" ] elemType}";
            descriptionClass = "composite";
            check = isList;
            merge =
              loc: defs:
              map (x: x.value) (
                definedOnly (
                  builtins.concatLists (
                    imap1 (
                      n: def:
                      imap1 (
                        m: value:
                        (mergeDefinitions (loc ++ [ "[definition ${toString n}-entry ${toString m}]" ]) elemType [
                          { inherit (def) file; inherit value; }
                        ]).optionalValue
                      ) def.value
                    ) defs
                  )
                )
              );
            emptyValue = { value = [ ]; };
            getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "*" ]);
            getSubModules = elemType.getSubModules;
            substSubModules = m: listOf (elemType.substSubModules m);
            functor = wrapFunctor name listOf elemType;
            nestedTypes.elemType = elemType;
          };
        nonEmptyListOf =
          elemType:
          addCheck (types_.listOf elemType) (l: l != [ ])
          // {
            description = "non-empty (${(types_.listOf elemType).description})";
            emptyValue = { };
            substSubModules = m: types_.nonEmptyListOf (elemType.substSubModules m);
          };

        attrsOf = elemType: attrsWith { inherit elemType; };
        # The names are known without evaluating conditions; an element that is switched off throws when used.
        lazyAttrsOf = elemType: attrsWith { inherit elemType; lazy = true; };
        attrsWith =
          {
            elemType,
            lazy ? false,
            placeholder ? "name",
          }@args:
          mkOptionType {
            name = if lazy then "lazyAttrsOf" else "attrsOf";
            description = (if lazy then "lazy attribute set" else "attribute set") + " of ${phrase [ "noun" "composite" ] elemType}";
            descriptionClass = "composite";
            check = isAttrs;
            merge =
              loc: defs:
              let
                pushed = concatMap (
                  def:
                  map (part: builtins.mapAttrs (name: value: {
                    inherit (def) file;
                    value = part.wrap value;
                    pos = builtins.unsafeGetAttrPos name part.attrs;
                  }) part.attrs) (lib.modules.pushDownWithPositions def.value)
                ) defs;
                merged = zipAttrsWith (name: ds: mergeDefinitions (loc ++ [ name ]) elemType ds) pushed;
              in
              if lazy then
                builtins.mapAttrs (_: m: m.optionalValue.value or elemType.emptyValue.value or m.mergedValue) merged
              else
                builtins.mapAttrs (_: v: v.value) (filterAttrs (_: v: v ? value) (builtins.mapAttrs (_: m: m.optionalValue) merged));
            emptyValue = { value = { }; };
            getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "<${placeholder}>" ]);
            getSubModules = elemType.getSubModules;
            substSubModules = m: attrsWith (args // { elemType = elemType.substSubModules m; });
            functor = defaultFunctor "attrsWith" // {
              type = payload: attrsWith payload;
              payload = { inherit elemType lazy placeholder; };
              binOp =
                a: b:
                let
                  elem = a.elemType.typeMerge b.elemType.functor;
                in
                if elem == null || a.lazy != b.lazy then
                  null
                else
                  {
                    elemType = elem;
                    inherit (a) lazy;
                    placeholder = if a.placeholder == "name" then b.placeholder else a.placeholder;
                  };
              wrapped = elemType;
            };
            nestedTypes.elemType = elemType;
          };
        loaOf = types_.attrsOf;
        attrTag =
          tags:
          let
            optionNames = attrNames tags;
            show = concatMapStringsSep ", " (n: "'${n}'") optionNames;
          in
          mkOptionType {
            name = "attrTag";
            description = "attribute-tagged union with choices: ${concatStringsSep ", " optionNames}";
            descriptionClass = "noun";
            check = v: isAttrs v && length (attrNames v) == 1 && tags ? ${head (attrNames v)};
            merge =
              loc: defs:
              let
                choice = head (attrNames (head defs).value);
                checked = map (
                  def:
                  if def.value ? ${choice} then { inherit (def) file; value = def.value.${choice}; }
                  else throw "The option '${showOption loc}' is defined both as '${choice}' and as '${head (attrNames def.value)}', in ${showFiles (getFiles defs)}; one of ${show} is expected"
                ) defs;
              in
              { ${choice} = (lib.modules.evalOptionValue (loc ++ [ choice ]) tags.${choice} checked).value; };
            getSubOptions = prefix: builtins.mapAttrs (name: opt: opt // { loc = prefix ++ [ name ]; inherit name; declarations = opt.declarations or [ ]; options = opt.options or null; }) tags;
          };

        uniq = unique { message = ""; };
        unique =
          { message }:
          type:
          mkOptionType {
            name = "unique";
            inherit (type) description descriptionClass check;
            merge = mergeUniqueOption { inherit message; inherit (type) merge; };
            inherit (type) emptyValue getSubOptions getSubModules;
            substSubModules = m: types_.unique { inherit message; } (type.substSubModules m);
            functor = wrapFunctor "unique" (types_.unique { inherit message; }) type;
            nestedTypes.elemType = type;
          };

        nullOr =
          elemType:
          mkOptionType {
            name = "nullOr";
            description = "null or ${phrase [ "noun" "conjunction" "composite" ] elemType}";
            descriptionClass = "conjunction";
            check = x: x == null || elemType.check x;
            merge =
              loc: defs:
              let
                nulls = lib.lists.count (d: d.value == null) defs;
              in
              if nulls == length defs then null
              else if nulls != 0 then
                throw "The option '${showOption loc}' is defined both null and not null, in ${showFiles (getFiles defs)}:${showDefs defs}"
              else
                elemType.merge loc defs;
            emptyValue = { value = null; };
            inherit (elemType) getSubOptions getSubModules;
            substSubModules = m: types_.nullOr (elemType.substSubModules m);
            functor = wrapFunctor "nullOr" types_.nullOr elemType;
            nestedTypes.elemType = elemType;
          };

        functionTo =
          elemType:
          mkOptionType {
            name = "functionTo";
            description = "function that evaluates to a(n) ${phrase [ "noun" "composite" ] elemType}";
            descriptionClass = "composite";
            check = lib.trivial.isFunction;
            merge = loc: defs: {
              __functor =
                _: x:
                mergedValue (loc ++ [ "<function body>" ]) elemType (map (d: { inherit (d) file; value = d.value x; }) defs);
              __functionArgs = foldl' (acc: d: acc // lib.trivial.functionArgs d.value) { } defs;
            };
            getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "<function body>" ]);
            getSubModules = elemType.getSubModules;
            substSubModules = m: types_.functionTo (elemType.substSubModules m);
            functor = wrapFunctor "functionTo" types_.functionTo elemType;
            nestedTypes.elemType = elemType;
          };

        submodule =
          modules:
          submoduleWith {
            shorthandOnlyDefinesConfig = true;
            modules = lib.lists.toList modules;
          };
        # A module as a value: itself evaluated with the given base modules.
        deferredModule = deferredModuleWith { };
        deferredModuleWith =
          { staticModules ? [ ] }@args:
          mkOptionType {
            name = "deferredModule";
            description = "module";
            descriptionClass = "noun";
            check = x: isAttrs x || isFunction x || isPath x;
            merge = loc: defs: {
              imports =
                staticModules
                ++ map (def: lib.modules.setDefaultModuleLocation "${def.file}, via option ${showOption loc}" def.value) defs;
            };
            inherit (submoduleWith { modules = staticModules; }) getSubOptions getSubModules;
            substSubModules = m: deferredModuleWith (args // { staticModules = m; });
            functor = defaultFunctor "deferredModuleWith" // {
              type = deferredModuleWith;
              payload = { inherit staticModules; };
              binOp = a: b: { staticModules = a.staticModules ++ b.staticModules; };
            };
          };

        submoduleWith =
          {
            modules,
            specialArgs ? { },
            shorthandOnlyDefinesConfig ? false,
            description ? null,
            class ? null,
          }@attrs:
          let
            asModules =
              defs:
              map (
                { value, file, ... }:
                if isAttrs value && shorthandOnlyDefinesConfig then
                  { _file = file; config = value; }
                else
                  lib.modules.setDefaultModuleLocation file value
              ) defs;
            base = evalModules {
              inherit class specialArgs;
              modules = [ { _module.args.name = mkOverride 1500 "‹name›"; } ] ++ modules;
            };
            freeformType = base._module.freeformType;
            name = "submodule";
          in
          mkOptionType {
            inherit name;
            description = if description != null then description else freeformType.description or name;
            check = x: isAttrs x || isFunction x || isPath x;
            merge =
              loc: defs:
              (base.extendModules {
                modules = [ { _module.args.name = lib.lists.last loc; } ] ++ asModules defs;
                prefix = loc;
              }).config;
            emptyValue = { value = { }; };
            getSubOptions =
              prefix:
              let
                docs = base.extendModules { inherit prefix; };
              in
              docs.options // optionalAttrs (freeformType != null) { _freeformOptions = freeformType.getSubOptions prefix; };
            getSubModules = modules;
            substSubModules = m: submoduleWith (attrs // { modules = m; });
            nestedTypes = optionalAttrs (freeformType != null) { inherit freeformType; };
            functor = defaultFunctor name // {
              type = submoduleWith;
              payload = { inherit modules class specialArgs shorthandOnlyDefinesConfig description; };
              binOp =
                a: b:
                let
                  one =
                    what: x: y:
                    if x == null then y else if y == null || x == y then x else throw "A submoduleWith option is declared multiple times with conflicting ${what} values";
                in
                {
                  class = one "class" a.class b.class;
                  modules = a.modules ++ b.modules;
                  specialArgs =
                    let
                      both = builtins.intersectAttrs a.specialArgs b.specialArgs;
                    in
                    if both == { } then a.specialArgs // b.specialArgs else throw "A submoduleWith option is declared multiple times with the same specialArgs '${toString (attrNames both)}'";
                  shorthandOnlyDefinesConfig = one "shorthandOnlyDefinesConfig" a.shorthandOnlyDefinesConfig b.shorthandOnlyDefinesConfig;
                  description = one "description" a.description b.description;
                };
            };
          };
        optionType = mkOptionType {
          name = "optionType";
          description = "optionType";
          descriptionClass = "noun";
          check = value: isOptionType value;
          merge =
            loc: defs:
            if length defs == 1 then
              (head defs).value
            else
              (fixupOptionType loc (
                mergeOptionDecls loc (
                  map (def: {
                    _file = def.file;
                    pos = null;
                    options = lib.options.mkOption { type = def.value; };
                  }) defs
                )
              )).type;
        };

        enum =
          values:
          let
            show = v: if isString v then ''"${v}"'' else if isInt v then toString v else if isBool v then lib.trivial.boolToString v else if v == null then "null" else "<${typeOf v}>";
          in
          mkOptionType {
            name = "enum";
            description =
              if values == [ ] then "impossible (empty enum)"
              else if length values == 1 then "value ${show (head values)} (singular enum)"
              else "one of ${concatMapStringsSep ", " show values}";
            descriptionClass = if length values < 2 then "noun" else "conjunction";
            check = v: elem v values;
            merge = mergeEqualOption;
            functor = defaultFunctor "enum" // {
              type = payload: types_.enum payload.values;
              payload = { inherit values; };
              binOp = a: b: { values = lib.lists.unique (a.values ++ b.values); };
            };
          };

        either =
          t1: t2:
          mkOptionType {
            name = "either";
            description =
              "${if t1.descriptionClass == "nonRestrictiveClause" then t1.description else phrase [ "noun" "conjunction" ] t1} or ${
                phrase [ "noun" "conjunction" "composite" ] t2
              }";
            descriptionClass = "conjunction";
            check = x: t1.check x || t2.check x;
            merge =
              loc: defs:
              let
                values = getValues defs;
              in
              if all t1.check values then t1.merge loc defs
              else if all t2.check values then t2.merge loc defs
              else mergeOneOption loc defs;
            typeMerge =
              f':
              let
                m1 = t1.typeMerge (elemAt f'.payload.elemType 0).functor;
                m2 = t2.typeMerge (elemAt f'.payload.elemType 1).functor;
              in
              if f'.name == "either" && m1 != null && m2 != null then types_.either m1 m2 else null;
            functor = defaultFunctor "either" // {
              payload.elemType = [ t1 t2 ];
              wrapped = [ t1 t2 ];
            };
            nestedTypes.left = t1;
            nestedTypes.right = t2;
            getSubOptions = prefix: t1.getSubOptions prefix // t2.getSubOptions prefix;
          };
        oneOf =
          ts:
          if ts == [ ] then throw "types.oneOf needs to get at least one type in its argument"
          else foldl' types_.either (head ts) (tail ts);

        coercedTo =
          coercedType: coerce: finalType:
          assert lib.asserts.assertMsg (coercedType.getSubModules == null)
            "coercedTo: coercedType must not have submodules (it's a ${coercedType.description})";
          mkOptionType {
            name = "coercedTo";
            description = "${phrase [ "noun" ] finalType} or ${phrase [ "noun" ] coercedType} convertible to it";
            descriptionClass = "conjunction";
            check = x: (coercedType.check x && finalType.check (coerce x)) || finalType.check x;
            merge =
              loc: defs:
              finalType.merge loc (
                map (def: def // { value = if coercedType.check def.value then coerce def.value else def.value; }) defs
              );
            inherit (finalType) emptyValue getSubOptions getSubModules;
            substSubModules = m: types_.coercedTo coercedType coerce (finalType.substSubModules m);
            typeMerge = _: null;
            functor = defaultFunctor "coercedTo" // { wrapped = finalType; };
            nestedTypes = { inherit coercedType finalType; };
          };

        record = throw "types.record is not part of this library";
        inherit addCheck;
        defaultTypeMerge = defaultTypeMerge;
      };
      inherit (types_) either listOf attrsWith lazyAttrsOf attrsOf unique submoduleWith deferredModuleWith;
      wrapFunctor = name: make: elemType: defaultFunctor name // {
        type = payload: make payload.elemType;
        payload = { inherit elemType; };
        wrapped = elemType;
        binOp =
          a: b:
          let
            merged = a.elemType.typeMerge b.elemType.functor;
          in
          if merged == null then null else { elemType = merged; };
      };
    in
    types_;
};
in
# Reached both as `lib.types.types.str` and as `lib.types.str`.
outer // outer.types
