{ lib }:
let
  inherit (lib) mkOption types mkIf mkMerge mkForce mkDefault mkOverride mkVMOverride;
  eval = modules: (lib.evalModules { inherit modules; }).config;
  int = mkOption { type = types.int; };
  intWith = default: mkOption { type = types.int; inherit default; };
  list = mkOption { type = types.listOf types.str; default = [ ]; };
  withWarnings = { options.warnings = list; options.assertions = mkOption { type = types.listOf types.raw; default = [ ]; }; };
in
{
  default = { expr = (eval [ { options.a = intWith 3; } ]).a; expected = 3; };
  definitionBeatsDefault = { expr = (eval [ { options.a = intWith 3; config.a = 4; } ]).a; expected = 4; };
  configReadsConfig = { expr = (eval [ ({ config, ... }: { options.a = int; options.b = int; config.b = config.a * 2; }) { a = 21; } ]).b; expected = 42; };
  mkIfNames = { expr = (eval [ ({ config, ... }: { options.on = mkOption { type = types.bool; default = true; }; options.s.a = intWith 1; options.s.b = intWith 1; config = mkIf config.on { s.a = 2; }; }) ]).s; expected = { a = 2; b = 1; }; };
  mkIfFalse = { expr = (eval [ { options.a = intWith 1; config.a = mkIf false (throw "no"); } ]).a; expected = 1; };
  mkIfSelfReference = { expr = (eval [ ({ config, ... }: { options.x.enable = mkOption { type = types.bool; default = false; }; options.x.port = intWith 1; config.x = mkIf config.x.enable { port = 2; }; }) { x.enable = true; } ]).x.port; expected = 2; };
  mkMergeNested = { expr = (eval [ { options.l = list; config = mkMerge [ { l = [ "a" ]; } (mkIf true (mkMerge [ { l = [ "b" ]; } ])) (mkIf false { l = [ "c" ]; }) ]; } ]).l; expected = [ "a" "b" ]; };
  priorities = { expr = map (mods: (eval ([ { options.a = intWith 0; } ] ++ mods)).a) [ [ { a = mkDefault 1; } { a = 2; } ] [ { a = mkForce 3; } { a = 2; } ] [ { a = mkVMOverride 4; } { a = mkForce 3; } ] [ { a = mkOverride 1501 5; } ] ]; expected = [ 2 3 4 0 ]; };
  mkForceGroup = { expr = (eval [ { options.s.a = intWith 1; options.s.b = intWith 1; } { s = mkForce { a = 2; }; } { s.a = 3; s.b = 3; } ]).s; expected = { a = 2; b = 3; }; };
  nestedOverride = { expr = (eval [ { options.a = intWith 0; } { a = mkForce (mkDefault 1); } { a = 2; } ]).a; expected = 1; };
  imports = { expr = (eval [ { imports = [ { options.a = int; } { a = 5; } ]; } ]).a; expected = 5; };
  importedTwice = { expr = (eval [ { imports = [ ./fixtures/module-a.nix ./fixtures/module-a.nix ]; } ./fixtures/module-a.nix ]).fromFile; expected = [ "a" ]; };
  keyDeduplicates = { expr = (eval [ { options.l = list; imports = [ { key = "k"; config.l = [ "x" ]; } { key = "k"; config.l = [ "x" ]; } ]; } ]).l; expected = [ "x" ]; };
  disabledModules = { expr = (eval [ { options.fromFile = list; imports = [ ./fixtures/module-b.nix ]; disabledModules = [ ./fixtures/module-a.nix ]; } ]).fromFile; expected = [ "b" ]; };
  disabledByKey = { expr = (eval [ { options.l = list; imports = [ { key = "gone"; config.l = [ "x" ]; } ]; disabledModules = [ { key = "gone"; } ]; } ]).l; expected = [ ]; };
  moduleArgs = { expr = (eval [ { _module.args.answer = 42; } ({ answer, ... }: { options.a = intWith answer; }) ]).a; expected = 42; };
  moduleArgDefault = { expr = (eval [ ({ lib, config, ... }@args: { options.a = intWith (if args ? nothing then 1 else 2); }) ]).a; expected = 2; };
  specialArgsInImports = { expr = (lib.evalModules { modules = [ ({ which, ... }: { imports = [ which ]; }) ]; specialArgs.which = { options.a = intWith 9; }; }).config.a; expected = 9; };
  optionsArg = { expr = (eval [ ({ options, ... }: { options.a = intWith 1; options.defined = mkOption { default = options.a.isDefined; }; }) { a = 2; } ]).defined; expected = true; };
  isDefined = { expr = let o = (lib.evalModules { modules = [ { options.a = int; options.b = int; } { a = 1; _file = "here.nix"; } ]; }).options; in [ o.a.isDefined o.b.isDefined o.a.files o.a.value ]; expected = [ true false [ "here.nix" ] 1 ]; };
  highestPrio = { expr = (lib.evalModules { modules = [ { options.a = intWith 1; } { a = mkForce 2; } ]; }).options.a.highestPrio; expected = 50; };
  declarations = { expr = (lib.evalModules { modules = [ { _file = "x.nix"; options.a = intWith 1; } ]; }).options.a.declarations; expected = [ "x.nix" ]; };
  apply = { expr = (eval [ { options.a = mkOption { type = types.int; default = 2; apply = x: x * 10; }; } ]).a; expected = 20; };
  readOnlyOnce = { expr = (eval [ { options.a = mkOption { type = types.int; readOnly = true; }; config.a = 1; } ]).a; expected = 1; };
  readOnlyTwice = { expr = (builtins.tryEval (eval [ { options.a = mkOption { type = types.int; readOnly = true; default = 1; }; } { a = 1; } { a = 1; } ]).a).success; expected = false; };
  freeform = { expr = eval [ { freeformType = types.attrsOf types.int; options.a = mkOption { type = types.str; default = "x"; }; } { b = 1; } ]; expected = { a = "x"; b = 1; }; };
  freeformNested = { expr = (eval [ { freeformType = types.attrsOf types.anything; options.s.known = intWith 1; } { s.extra = "y"; } ]).s; expected = { known = 1; extra = "y"; }; };
  freeformLazy = { expr = (eval [ { freeformType = types.lazyAttrsOf types.int; } { a = 1; b = throw "no"; } ]).a; expected = 1; };
  checkOff = { expr = (eval [ { config._module.check = false; options.a = intWith 1; } { zzz = 1; } ]).a; expected = 1; };
  renamed = { expr = let c = eval [ withWarnings { options.new.a = intWith 0; } (lib.mkRenamedOptionModule [ "old" ] [ "new" "a" ]) { old = 7; } ]; in [ c.new.a c.old (builtins.length c.warnings) ]; expected = [ 7 7 1 ]; };
  renamedPriority = { expr = (eval [ withWarnings { options.new = intWith 0; } (lib.mkRenamedOptionModule [ "old" ] [ "new" ]) { old = mkForce 7; } { new = 8; } ]).new; expected = 7; };
  renamedUnused = { expr = (eval [ withWarnings { options.new = intWith 3; } (lib.mkRenamedOptionModule [ "old" ] [ "new" ]) ]).new; expected = 3; };
  alias = { expr = let c = eval [ { options.new = intWith 0; } (lib.mkAliasOptionModule [ "al" "ias" ] [ "new" ]) { al.ias = 5; } ]; in [ c.new c.al.ias ]; expected = [ 5 5 ]; };
  removed = { expr = (lib.head (eval [ withWarnings (lib.mkRemovedOptionModule [ "gone" ] "Use x.") { gone = 1; } ]).assertions).assertion; expected = false; };
  removedUnused = { expr = (lib.head (eval [ withWarnings (lib.mkRemovedOptionModule [ "gone" ] "Use x.") ]).assertions).assertion; expected = true; };
  changed = { expr = (eval [ withWarnings { options.new = mkOption { type = types.listOf types.int; default = [ ]; }; } (lib.mkChangedOptionModule [ "old" ] [ "new" ] (c: [ c.old ])) { old = 4; } ]).new; expected = [ 4 ]; };
  extendModules = { expr = ((lib.evalModules { modules = [ { options.a = intWith 1; } ]; }).extendModules { modules = [ { a = 5; } ]; }).config.a; expected = 5; };
  moduleType = { expr = (eval [ { options.inner = mkOption { type = (lib.evalModules { modules = [ { options.x = intWith 8; } ]; }).type; default = { }; }; } ]).inner.x; expected = 8; };
  shorthand = { expr = (eval [ ({ ... }: { imports = [ { options.a = intWith 1; } ]; a = 2; }) ]).a; expected = 2; };
  topLevelIf = { expr = (eval [ { options.a = intWith 1; } (mkIf true { a = 6; }) ]).a; expected = 6; };
  optionWithoutType = { expr = (eval [ { options.a = mkOption { }; } { a = [ 1 ]; } { a = [ 2 ]; } ]).a; expected = [ 2 1 ]; };
  lazyUnusedOption = { expr = (eval [ { options.a = intWith 1; options.b = mkOption { default = throw "no"; }; } ]).a; expected = 1; };
  setDefaultModuleLocation = { expr = (lib.evalModules { modules = [ { options.a = int; } (lib.setDefaultModuleLocation "where.nix" { a = 1; }) ]; }).options.a.files; expected = [ "where.nix" ]; };
  importApply = { expr = (eval [ (lib.importApply ./fixtures/with-static-args.nix { n = 11; }) ]).n; expected = 11; };
  aliasDefinitions = { expr = (eval [ ({ options, ... }: { options.a = list; options.b = list; config.b = lib.mkAliasDefinitions options.a; }) { a = [ "x" ]; } ]).b; expected = [ "x" ]; };
  derivedConfig = { expr = (lib.evalModules { modules = [ ({ options, ... }: { options.text = mkOption { type = types.str; default = "d"; }; options.file = mkOption { type = types.str; default = "none"; }; config.file = lib.mkDerivedConfig options.text (t: "f-${t}"); }) { text = mkForce "x"; } ]; }).options.file.highestPrio; expected = 50; };
}
