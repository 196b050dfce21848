# The module system: many modules, each declaring options and defining values, evaluated to one configuration.
#
#   collect  modules are loaded from `imports`, called with their arguments, brought to the form
#            { _file, key, imports, disabledModules, options, config }, and made unique by key;
#   declare  the option trees are merged; two declarations of one option merge their types;
#   define   definitions are pushed down the tree along with the conditions around them (mkIf, mkMerge,
#            mkOverride), so that which *names* are defined is known without evaluating any condition
#            or value: that is what lets modules refer to each other's results;
#   value    at each option: conditions are discharged, the best priority kept, the rest ordered, every
#            definition checked by the option's type, and merged by it.
#
# A definition is `{ file, value, pos }`; `pos` is the place of the attribute in the file or null, and is
# used by messages only.
{ lib }:
let
  inherit (builtins)
    isAttrs isFunction isList isString isPath head tail length attrNames elem mapAttrs filter concatLists
    removeAttrs toString unsafeGetAttrPos genericClosure addErrorContext
    ;
  inherit (lib.attrsets) mapAttrsToList optionalAttrs setAttrByPath getAttrFromPath attrByPath zipAttrsWith filterAttrs;
  inherit (lib.lists) concatMap foldl' imap1 optional optionals any all toList sort take last partition;
  inherit (lib.options) isOption mkOption showOption showDefs showPlace showFiles unknownModule;
  inherit (lib.strings) concatMapStringsSep concatStringsSep optionalString levenshtein isStringLike hasPrefix;
  inherit (lib.types) types isType isOptionType;

  defaultOrderPriority = 1000;
in
rec {
  inherit defaultOrderPriority;
  defaultOverridePriority = 100;

  # ---- evaluation ---------------------------------------------------------------------------------

  evalModules =
    {
      modules,
      prefix ? [ ],
      specialArgs ? { },
      args ? { },
      check ? true,
      class ? null,
    }@evalArgs:
    let
      # The options of the module system itself.
      internalModule = {
        _file = "lib/modules.nix";
        key = "lib/modules.nix";
        options._module = {
          args = mkOption {
            type = types.lazyAttrsOf types.raw;
            internal = prefix != [ ];
            description = "Additional arguments passed to each module.";
          };
          check = mkOption {
            type = types.bool;
            internal = true;
            default = true;
            description = "Whether to check that every definition has an option.";
          };
          freeformType = mkOption {
            type = types.nullOr types.optionType;
            internal = true;
            default = null;
            description = "If set, definitions without an option are merged with this type.";
          };
          specialArgs = mkOption {
            readOnly = true;
            internal = true;
            description = "Externally provided module arguments that cannot be modified.";
          };
        };
        config._module = {
          args = { inherit extendModules; moduleType = type; } // args;
          check = mkOverride 1400 check;
          inherit specialArgs;
        };
      };

      collected = collectModules class (specialArgs.modulesPath or "") (modules ++ [ internalModule ]) (
        {
          inherit lib options specialArgs;
          config = checkedConfig;
          _class = class;
          _prefix = prefix;
        }
        // specialArgs
      );
      merged = mergeModules prefix (lib.lists.reverseList collected);
      inherit (merged) options;
      declaredConfig = merged.config;
      freeformType = declaredConfig._module.freeformType;

      freeformConfig =
        let
          defs = map (def: {
            inherit (def) file value;
            pos = null;
            prefix = def.prefix;
          }) merged.unmatchedDefns;
          asSets = map (def: { inherit (def) file; pos = null; value = setAttrByPath def.prefix def.value; }) defs;
        in
        if defs == [ ] then { } else freeformType.merge prefix asSets;
      config =
        if freeformType == null then
          declaredConfig
        else
          lib.attrsets.recursiveUpdateUntil (path: _: r: getOptionAt options path || !isAttrs r) freeformConfig declaredConfig;
      getOptionAt = tree: path: isOption (attrByPath path { } tree);

      checkUnmatched =
        if declaredConfig._module.check && freeformType == null && merged.unmatchedDefns != [ ] then
          undefinedOption prefix options (head merged.unmatchedDefns)
        else
          null;
      checkedConfig = builtins.seq checkUnmatched (removeAttrs config [ "_module" ] // { inherit (config) _module; });
      publicConfig = builtins.seq checkUnmatched (removeAttrs config [ "_module" ]);

      extendModules =
        extension:
        evalModules (
          evalArgs
          // {
            inherit class;
            modules = modules ++ (extension.modules or [ ]);
            specialArgs = specialArgs // (extension.specialArgs or { });
            prefix = extension.prefix or prefix;
          }
        );
      type = types.submoduleWith { inherit modules specialArgs class; };
    in
    {
      _type = "configuration";
      inherit options extendModules type class;
      config = publicConfig;
      _module = config._module;
    };

  # ---- messages -----------------------------------------------------------------------------------

  # The error for a definition without an option, naming the nearest options and the place that set it.
  undefinedOption =
    prefix: options: def:
    let
      loc = prefix ++ def.prefix;
      siblings = filter (n: n != "_module") (attrNames (attrByPath (lib.lists.init def.prefix) { } options));
      name = last def.prefix;
      near = nearest name siblings;
      elsewhere = if near == [ ] then optionsNamed name options else [ ];
      suggestions = map (n: prefix ++ lib.lists.init def.prefix ++ [ n ]) near ++ map (p: prefix ++ p) elsewhere;
      quoted = map (p: "'${showOption p}'") suggestions;
      orList =
        if length quoted == 1 then head quoted else "${concatStringsSep ", " (lib.lists.init quoted)} or ${last quoted}";
      isParentOption = isOption (attrByPath (lib.lists.init def.prefix) { } options);
      hint =
        if quoted != [ ] then
          "\nDid you mean ${orList}?"
        else if siblings != [ ] && !isParentOption && length siblings <= 12 then
          "\nOptions there: ${concatMapStringsSep ", " (n: "'${showOption [ n ]}'") siblings}"
        else
          "";
    in
    throw "The option '${showOption loc}' does not exist.${hint}\nDefinition values:${showDefs [ def ]}";

  nearest =
    name: candidates:
    let
      lower = lib.strings.toLower;
      limit = if builtins.stringLength name <= 3 then 1 else if builtins.stringLength name <= 6 then 2 else 3;
      scored = map (c: { inherit c; d = levenshtein (lower name) (lower c); }) (
        filter (c: lib.strings.levenshteinAtMost (limit + 1) (lower name) (lower c) || lower c == lower name) candidates
      );
      prefixed = map (c: { inherit c; d = limit; }) (
        filter (c: builtins.stringLength name >= 4 && (hasPrefix (lower name) (lower c) || hasPrefix (lower c) (lower name) && builtins.stringLength c >= 4)) candidates
      );
      good = filter (x: x.d <= limit) (scored ++ prefixed);
    in
    take 3 (lib.lists.unique (map (x: x.c) (sort (a: b: a.d < b.d) good)));

  # Paths of options or groups called `name`, anywhere in the first four levels of the tree.
  optionsNamed =
    name: options:
    let
      go =
        depth: path: tree:
        if depth > 4 || isOption tree || !isAttrs tree then
          [ ]
        else
          optional (path != [ ] && tree ? ${name}) (path ++ [ name ])
          ++ concatMap (n: if n == "_module" then [ ] else go (depth + 1) (path ++ [ n ]) tree.${n}) (attrNames tree);
    in
    take 3 (go 0 [ ] options);

  # ---- collecting ---------------------------------------------------------------------------------

  collectModules =
    class: modulesPath: initialModules: args:
    let
      load =
        parentFile: fallbackKey: m:
        if isFunction m || isAttrs m && (m ? __functor) then
          unifyModuleSyntax parentFile fallbackKey (applyModuleArgs fallbackKey m args)
        else if isAttrs m then
          if m._type or "module" == "module" then
            unifyModuleSyntax parentFile fallbackKey m
          else if m._type == "if" || m._type == "override" then
            unifyModuleSyntax parentFile fallbackKey { config = m; }
          else
            throw "Expected a module, but found a value of type '${m._type}', while trying to load a module into ${parentFile}.${optionalString (m._type == "configuration") "\nThis is the result of `evalModules`; import its modules instead"}"
        else if isList m then
          load parentFile fallbackKey {
            _file = parentFile;
            imports = throw "Module imports can't be nested lists. Perhaps you meant to remove one level of lists? Definitions: in '${parentFile}'";
            config = builtins.seq (throw "Module imports can't be nested lists. Perhaps you meant to remove one level of lists? Definitions: in '${parentFile}'") { };
          }
        else if isPath m || isString m then
          let
            file = toString m;
          in
          if isString m && builtins.substring 0 1 m != "/" then
            throw "Module path '${m}' in '${parentFile}' is not absolute"
          else
            unifyModuleSyntax file file (applyModuleArgsIfFunction file (import m) args)
        else
          throw "Expected a module (a path, a function or an attribute set), but got a value of type '${builtins.typeOf m}' in '${parentFile}'";

      checkClass =
        m:
        if class != null && m._class != null && m._class != class then
          throw "The module '${m._file}' (class: '${m._class}') cannot be imported into a module evaluation that expects class '${class}'"
        else
          m;

      collectStructured =
        parentFile: parentKey: modules:
        imap1 (
          n: m:
          let
            module = checkClass (load parentFile "${parentKey}:anon-${toString n}" m);
            children = collectStructured module._file module.key module.imports;
          in
          {
            inherit (module) key;
            inherit module;
            modules = children;
            disabled = optional (module.disabledModules != [ ]) { inherit (module) disabledModules; file = module._file; } ++ concatMap (c: c.disabled) children;
          }
        ) modules;
      structured = collectStructured unknownModule "" initialModules;

      disabledKeys =
        let
          keyOf =
            file: d:
            if isString d && builtins.substring 0 1 d != "/" then
              toString modulesPath + "/" + d
            else if isStringLike d then
              toString d
            else if isAttrs d && d ? key then
              d.key
            else
              throw "Each disabledModules item must be a path, a string, or an attribute set with a key, in '${file}'";
        in
        concatMap (c: concatMap (d: map (keyOf d.file) d.disabledModules) c.disabled) structured;
      isDisabled = entry: elem entry.key disabledKeys;
      keep = entries: if disabledKeys == [ ] then entries else filter (e: !isDisabled e) entries;
    in
    map (e: e.module) (
      genericClosure {
        startSet = keep structured;
        operator = e: keep e.modules;
      }
    );

  # A module in its full form, whether it was written `{ options, config, imports }` or as bare definitions.
  unifyModuleSyntax =
    file: key: m:
    let
      full = {
        _file = toString m._file or file;
        _class = m._class or null;
        key = toString m.key or key;
        disabledModules = m.disabledModules or [ ];
        imports = m.imports or [ ];
      };
      withMeta =
        config: if m ? meta then mkMerge [ config { meta = m.meta; } ] else config;
      withFreeform =
        config: if m ? freeformType then mkMerge [ config { _module.freeformType = m.freeformType; } ] else config;
      stray = removeAttrs m [ "_class" "_file" "key" "disabledModules" "imports" "options" "config" "meta" "freeformType" ];
    in
    if !isAttrs m then
      throw "The module '${file}' must be an attribute set or a function returning one, but it is a value of type '${builtins.typeOf m}'"
    else if m ? config || m ? options then
      if stray != { } then
        throw "The module '${full._file}' has an unsupported attribute '${head (attrNames stray)}'. This is caused by introducing a top-level `config' or `options' attribute. Add configuration attributes immediately on the top level instead, or move all of them (namely: ${toString (attrNames stray)}) into the explicit `config' attribute."
      else
        full
        // {
          options = m.options or { };
          config = withFreeform (withMeta (m.config or { }));
        }
    else
      full
      // {
        imports = m.require or [ ] ++ full.imports;
        options = { };
        config = withFreeform (removeAttrs m [ "_class" "_file" "key" "disabledModules" "require" "imports" "freeformType" ]);
      };

  applyModuleArgsIfFunction =
    key: f: args:
    if isFunction f || isAttrs f && f ? __functor then applyModuleArgs key f args else f;

  # The arguments are looked up only when the module uses them: `config._module.args` may depend on the module.
  applyModuleArgs =
    key: f: args:
    let
      lookUp =
        name: _:
        addErrorContext "while evaluating the module argument '${name}' in '${key}':" (
          args.${name} or (args.config._module.args.${name} or (throw "The module argument '${name}' that '${key}' asks for is not defined. Set `_module.args.${name}`, or `specialArgs.${name}` when it is used in `imports`"))
        );
    in
    f (args // mapAttrs lookUp (lib.trivial.functionArgs f));

  setDefaultModuleLocation = file: m: {
    _file = file;
    imports = [ m ];
  };
  importApply = modulePath: staticArgs: setDefaultModuleLocation modulePath (import modulePath staticArgs);
  importJSONModule = file: setDefaultModuleLocation file { config = lib.trivial.importJSON file; };
  importTOMLModule = file: setDefaultModuleLocation file { config = lib.trivial.importTOML file; };

  # ---- declarations and definitions, merged down the tree -----------------------------------------

  mergeModules =
    prefix: modules:
    mergeModules' prefix modules (concatMap (m: map (part: part // { file = m._file; }) (pushDownWithPositions m.config)) modules);

  # `modules` carry option trees (`{ _file, options }`), `parts` carry definitions for this level
  # (`{ file, attrs, wrap }`). Gives the options, their values, and the definitions without an option.
  mergeModules' =
    prefix: modules: parts:
    let
      declsByName = zipAttrsWith (_: decls: decls) (
        map (
          m:
          if !isAttrs m.options then
            throw "Option declarations in '${m._file}' under '${showOption prefix}' must be an attribute set, but they are a value of type '${builtins.typeOf m.options}'"
          else
            mapAttrs (name: options: {
              inherit (m) _file;
              pos = unsafeGetAttrPos name m.options;
              inherit options;
            }) m.options
        ) modules
      );
      defsByName = zipAttrsWith (_: defs: defs) (map (part: mapAttrs (defineFrom part) part.attrs) parts);
      defineFrom = part: name: value: {
        inherit (part) file;
        value = part.wrap value;
        pos = unsafeGetAttrPos name part.attrs;
      };

      evaluated = mapAttrs (
        name: decls:
        let
          loc = prefix ++ [ name ];
          defs = defsByName.${name} or [ ];
          byKind = partition (d: isOption d.options) decls;
          optionDecls = byKind.right;
        in
        if length optionDecls == length decls then
          {
            options = evalOptionValue loc (fixupOptionType loc (mergeOptionDecls loc decls)) defs;
            unmatched = [ ];
          }
        else if optionDecls != [ ] then
          let
            foreign = head byKind.wrong;
            withSub = optionDecls ++ map (d: d // { options = mkOption { type = types.submoduleWith { modules = [ { options = d.options; } ]; }; }; }) byKind.wrong;
            mergeable = all (d: (d.options.type.name or null) == "submodule") optionDecls;
          in
          if mergeable then
            {
              options = evalOptionValue loc (fixupOptionType loc (mergeOptionDecls loc withSub)) defs;
              unmatched = [ ];
            }
          else
            throw "The option '${showOption loc}' in module '${(head optionDecls)._file}' would be a parent of the following options, but its type '${(head optionDecls).options.type.description or "<no description>"}' does not support nested options.\n${
              concatMapStringsSep "\n" (d: concatMapStringsSep "\n" (n: "- option '${showOption (loc ++ [ n ])}' declared in '${d._file}'") (attrNames d.options)) byKind.wrong
            }"
        else
          let
            sub = mergeModules' loc decls (concatMap (pushDef loc) defs);
          in
          {
            options = sub.options;
            config = sub.config;
            unmatched = map (d: d // { prefix = [ name ] ++ d.prefix; }) sub.unmatchedDefns;
            isGroup = true;
          }
      ) declsByName;

      # Conditions stay around each name of the definition; a value that is no set cannot hold options.
      pushDef =
        loc: def:
        map (part: if isAttrs part.attrs && part.attrs._type or "" != "override" then part // { inherit (def) file; } else notAGroup loc def) (pushDownWithPositions def.value);
      notAGroup =
        loc: def:
        throw "The option '${showOption loc}' is a group of options, but it is set to a value in ${showPlace def}:${showDefs [ def ]}";

      undeclared = removeAttrs defsByName (attrNames declsByName);
    in
    {
      options = mapAttrs (_: e: e.options) evaluated;
      config = mapAttrs (_: e: if e.isGroup or false then e.config else e.options.value) evaluated;
      unmatchedDefns =
        concatLists (mapAttrsToList (_: e: e.unmatched) evaluated)
        ++ concatLists (mapAttrsToList (name: defs: map (d: d // { prefix = [ name ]; }) defs) undeclared);
    };

  # Several declarations of one option as one: types merge, everything else may be given once.
  mergeOptionDecls =
    loc: decls:
    let
      step =
        res: decl:
        let
          opt = decl.options;
          mergedType = res.type.typeMerge opt.type.functor;
          bothHave = name: opt ? ${name} && res ? ${name};
          typesDiffer = bothHave "type" && mergedType == null;
          clash =
            filter bothHave [ "default" "defaultText" "example" "description" "apply" ]
            ++ optional typesDiffer "type";
          description = "the option '${showOption loc}' in '${decl._file}' is already declared in ${showFiles res.declarations}";
        in
        if clash != [ ] && !(clash == [ "description" ] && opt.description == res.description) then
          throw "${lib.strings.toUpper (builtins.substring 0 1 description)}${builtins.substring 1 (-1) description}, and both give '${head clash}'${optionalString typesDiffer " ('${opt.type.description}' and '${res.type.description}')"}"
        else
          opt
          // res
          // optionalAttrs (bothHave "type") { type = mergedType; }
          // {
            declarations = res.declarations ++ [ decl._file ];
            declarationPositions = res.declarationPositions ++ optional (decl.pos or null != null) decl.pos;
            options =
              res.options;
          };
    in
    foldl' step {
      inherit loc;
      declarations = [ ];
      declarationPositions = [ ];
      options = [ ];
    } decls;

  fixupOptionType =
    loc: opt: opt // { type = opt.type or types.unspecified; };

  # The evaluated option: its value, where it was declared and defined, its priority.
  evalOptionValue =
    loc: opt: defs:
    let
      defaultDef = optional (opt ? default) {
        file = head (opt.declarations or [ unknownModule ]);
        value = mkOptionDefault opt.default;
        pos = null;
      };
      settings =
        if opt.readOnly or false && length (filter (d: d.value._type or "" != "if") discharged) > 1 then
          throw "The option '${showOption loc}' is read-only, but it's set multiple times. Definition values:${showDefs discharged}"
        else
          merged;
      discharged = concatMap (d: map (value: d // { inherit value; }) (dischargeProperties d.value)) defs;
      merged = mergeDefinitions loc opt.type (defaultDef ++ defs);
      type = opt.type;
      value = if opt ? apply then opt.apply settings.mergedValue else settings.mergedValue;
      warned =
        if type.deprecationMessage or null != null then
          lib.trivial.warn "The type `types.${type.name}` of option '${showOption loc}' defined in ${showFiles opt.declarations} is deprecated. ${type.deprecationMessage}"
        else
          lib.trivial.id;
    in
    warned (
      opt
      // {
        value = addErrorContext "while evaluating the option '${showOption loc}':" value;
        inherit (settings.defsFinal') highestPrio;
        definitions = map (d: d.value) settings.defsFinal;
        files = map (d: d.file) settings.defsFinal;
        definitionsWithLocations = settings.defsFinal;
        inherit (settings) isDefined;
        valueMeta = { };
        __toString = _: showOption loc;
      }
    );

  mergeDefinitions = loc: type: defs: rec {
    defsFinal' =
      let
        discharged = concatMap (
          m:
          map (value: m // { inherit value; }) (
            addErrorContext "while evaluating definitions from '${m.file}':" (dischargeProperties m.value)
          )
        ) defs;
        overridden = filterOverrides' discharged;
        ordered = if any (def: def.value._type or "" == "order") overridden.values then sortProperties overridden.values else overridden.values;
      in
      {
        values = ordered;
        inherit (overridden) highestPrio;
      };
    defsFinal = defsFinal'.values;
    isDefined = defsFinal != [ ];
    mergedValue =
      if !isDefined then
        type.emptyValue.value or (throw "The option '${showOption loc}' was accessed but has no value defined. Try setting the option.")
      else
        let
          wrong = filter (def: !type.check def.value) defsFinal;
        in
        if wrong == [ ] then type.merge loc defsFinal else wrongType loc type (head wrong) wrong;
    optionalValue = if isDefined then { value = mergedValue; } else { };
  };

  wrongType =
    loc: type: def: defs:
    throw "A definition for option '${showOption loc}' is not of type '${type.description}', but ${describeKind def.value}. Definition values:${showDefs defs}";
  describeKind =
    v:
    let
      kinds = { int = "an integer"; bool = "a boolean"; string = "a string"; path = "a path"; null = "null"; set = "an attribute set"; list = "a list"; lambda = "a function"; float = "a floating point number"; };
    in
    "is ${kinds.${builtins.typeOf v}}";

  # ---- properties ---------------------------------------------------------------------------------

  # `cfg` as parts `{ attrs, wrap }`: attribute sets as written (so that places in files are known), and what
  # each of their values must be wrapped in.
  pushDownWithPositions =
    cfg:
    if !isAttrs cfg then
      [ { attrs = cfg; wrap = v: v; } ]
    else
      let
        kind = cfg._type or "";
        around = outer: map (part: part // { wrap = v: outer (part.wrap v); });
      in
      if kind == "merge" then
        concatMap pushDownWithPositions cfg.contents
      else if kind == "if" then
        around (mkIf cfg.condition) (pushDownWithPositions cfg.content)
      else if kind == "override" then
        around (mkOverride cfg.priority) (pushDownWithPositions cfg.content)
      else if kind == "order" then
        around (mkOrder cfg.priority) (pushDownWithPositions cfg.content)
      else if kind == "definition" then
        pushDownWithPositions cfg.value
      else
        [ { attrs = cfg; wrap = v: v; } ];
  pushDownProperties = cfg: map (part: mapAttrs (_: part.wrap) part.attrs) (pushDownWithPositions cfg);

  # The plain values (still with priorities) behind mkMerge and mkIf.
  dischargeProperties =
    def:
    if !isAttrs def then
      [ def ]
    else
      let
        kind = def._type or "";
      in
      if kind == "merge" then
        concatMap dischargeProperties def.contents
      else if kind == "if" then
        if builtins.isBool def.condition then
          (if def.condition then dischargeProperties def.content else [ ])
        else
          throw "'mkIf' called with a non-Boolean condition"
      else if kind == "override" then
        map (mkOverride def.priority) (dischargeProperties def.content)
      else
        [ def ];

  filterOverrides = defs: (filterOverrides' defs).values;
  filterOverrides' =
    defs:
    let
      prio = def: if def.value._type or "" == "override" then def.value.priority else defaultOverridePriority;
      highestPrio = foldl' (p: def: lib.trivial.min (prio def) p) 9999 defs;
      # Of nested overrides the outer one counts.
      strip = def: if def.value._type or "" == "override" then strip (def // { value = def.value.content; }) else def;
    in
    {
      values = concatMap (def: if prio def == highestPrio then [ (strip def) ] else [ ]) defs;
      inherit highestPrio;
    };
  sortProperties =
    defs:
    let
      strip = def: if def.value._type or "" == "order" then def // { value = def.value.content; inherit (def.value) priority; } else def;
      order = def: def.priority or defaultOrderPriority;
    in
    sort (a: b: order a < order b) (map strip defs);

  mkIf = condition: content: { _type = "if"; inherit condition content; };
  mkAssert = assertion: message: content: mkIf (if assertion then true else throw "\nFailed assertion: ${message}") content;
  mkMerge = contents: { _type = "merge"; inherit contents; };
  mkDefinition = args: args // { _type = "definition"; };
  mkOverride = priority: content: { _type = "override"; inherit priority content; };
  mkOptionDefault = mkOverride 1500;
  mkDefault = mkOverride 1000;
  mkImageMediaOverride = mkOverride 60;
  mkForce = mkOverride 50;
  mkVMOverride = mkOverride 10;
  mkFixStrictness = lib.trivial.id;
  mkOrder = priority: content: { _type = "order"; inherit priority content; };
  mkBefore = mkOrder 500;
  mkAfter = mkOrder 1500;
  mkOrderDefault = mkOrder defaultOrderPriority;
  mkAliasDefinitions = mkAliasAndWrapDefinitions lib.trivial.id;
  mkAliasAndWrapDefinitions = wrap: option: mkAliasIfDef option (wrap (mkMerge option.definitions));
  mkAliasAndWrapDefsWithPriority =
    wrap: option:
    mkAliasIfDef option (mkOverride (option.highestPrio or defaultOverridePriority) (wrap (mkMerge option.definitions)));
  mkAliasIfDef = option: mkIf (isOption option && option.isDefined);
  mkDerivedConfig = opt: f: mkOverride (opt.highestPrio or defaultOverridePriority) (f opt.value);
  fixMergeModules = modules: args: evalModules { inherit modules args; check = false; };

  # ---- options that were renamed or removed -------------------------------------------------------

  mkRemovedOptionModule =
    optionName: replacementInstructions:
    { options, ... }:
    {
      options = setAttrByPath optionName (mkOption {
        visible = false;
        apply = _: throw "The option '${showOption optionName}' can no longer be used since it's been removed. ${replacementInstructions}";
      });
      config.assertions =
        let
          opt = getAttrFromPath optionName options;
        in
        [
          {
            assertion = !opt.isDefined;
            message = "The option definition '${showOption optionName}' in ${showFiles opt.files} no longer has any effect; please remove it.\n${replacementInstructions}";
          }
        ];
    };
  mkRenamedOptionModule = from: to: doRename { inherit from to; visible = false; warn = true; use = builtins.trace "Obsolete option '${showOption from}' is used. It was renamed to '${showOption to}'."; };
  mkRenamedOptionModuleWith =
    { from, to, sinceRelease }:
    doRename {
      inherit from to;
      visible = false;
      warn = lib.trivial.isInOldestRelease sinceRelease;
      use = lib.trivial.warnIf (lib.trivial.isInOldestRelease sinceRelease) "Obsolete option '${showOption from}' is used. It was renamed to '${showOption to}'.";
    };
  mkChangedOptionModule = from: to: changeFn: mkMergedOptionModule [ from ] to changeFn;
  mkMergedOptionModule =
    from: to: mergeFn:
    { config, options, ... }:
    let
      defined = filter (f: (getAttrFromPath f options).isDefined) from;
    in
    {
      options = foldl' lib.attrsets.recursiveUpdate { } (
        map (path: setAttrByPath path (mkOption { visible = false; default = "_mkMergedOptionModule"; })) from
      );
      config =
        {
          warnings = filter (x: x != "") (
            map (
              f:
              let
                val = getAttrFromPath f config;
                opt = getAttrFromPath f options;
              in
              optionalString (val != "_mkMergedOptionModule") "The option '${showOption f}' defined in ${showFiles opt.files} has been changed to '${showOption to}' that has a different type. Please read '${showOption to}' documentation and update your configuration accordingly."
            ) from
          );
        }
        // setAttrByPath to (
          mkMerge (
            optional (any (f: getAttrFromPath f config != "_mkMergedOptionModule") from) (mergeFn config)
          )
        );
    };
  mkAliasOptionModule = from: to: doRename { inherit from to; visible = true; warn = false; use = lib.trivial.id; };
  mkAliasOptionModuleMD = mkAliasOptionModule;

  doRename =
    {
      from,
      to,
      visible,
      warn,
      use,
      withPriority ? true,
      condition ? true,
    }:
    { config, options, ... }:
    let
      fromOpt = getAttrFromPath from options;
      toOf = attrByPath to (abort "Renaming error: option '${showOption to}' does not exist.");
      toType =
        let
          opt = attrByPath to { } options;
        in
        opt.type or (types.submodule { });
    in
    {
      options = setAttrByPath from (
        mkOption {
          inherit visible;
          description = "Alias of {option}`${showOption to}`.";
          apply = x: use (toOf config);
        }
        // optionalAttrs (toType != null) { type = toType; }
      );
      config = mkIf condition (mkMerge [
        (optionalAttrs (options ? warnings) {
          warnings = optional (warn && fromOpt.isDefined) "The option '${showOption from}' defined in ${showFiles fromOpt.files} has been renamed to '${showOption to}'.";
        })
        (
          if withPriority then
            mkAliasAndWrapDefsWithPriority (setAttrByPath to) fromOpt
          else
            mkAliasAndWrapDefinitions (setAttrByPath to) fromOpt
        )
      ]);
    };
}
