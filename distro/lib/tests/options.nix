{ lib }:
let
  inherit (lib) mkOption types;
  tree = (lib.evalModules {
    modules = [
      {
        options.a.enable = lib.mkEnableOption "the thing";
        options.a.list = mkOption { type = types.listOf (types.submodule { options.x = mkOption { type = types.int; default = 1; description = "X."; }; }); default = [ ]; description = "L."; };
        options.hidden = mkOption { type = types.str; default = ""; internal = true; description = "H."; };
      }
    ];
  }).options;
  docs = lib.optionAttrSetToDocList (removeAttrs tree [ "_module" ]);
  byName = lib.listToAttrs (map (d: { inherit (d) name; value = d; }) docs);
  pkgs = { hello = { type = "derivation"; name = "hello"; }; deep.er = { type = "derivation"; name = "er"; }; };
in
{
  docNames = { expr = map (d: d.name) (builtins.filter (d: !d.internal) docs); expected = [ "a.enable" "a.list" "a.list.*.x" ]; };
  docType = { expr = byName."a.list".type; expected = "list of (submodule)"; };
  docDefault = { expr = byName."a.enable".default.text; expected = "false"; };
  docDescription = { expr = byName."a.enable".description; expected = "Whether to enable the thing."; };
  docInternal = { expr = byName.hidden.internal; expected = true; };
  showOption = { expr = lib.showOption [ "a" "b c" "*" "<name>" ]; expected = "a.\"b c\".*.<name>"; };
  packageOption = { expr = let o = lib.mkPackageOption pkgs "hello" { }; in [ o.default.name o.defaultText.text o.description ]; expected = [ "hello" "pkgs.hello" "The hello package to use." ]; };
  packageOptionPath = { expr = (lib.mkPackageOption pkgs "er" { default = [ "deep" "er" ]; }).defaultText.text; expected = "pkgs.deep.er"; };
  packageOptionNullable = { expr = let o = lib.mkPackageOption pkgs "hello" { nullable = true; default = null; }; in [ o.default o.type.description ]; expected = [ null "null or package" ]; };
  mergeDefault = {
    expr = let m = vs: lib.mergeDefaultOption [ "x" ] (map (value: { inherit value; file = "f"; }) vs); in [ (m [ [ 1 ] [ 2 ] ]) (m [ "a" "b" ]) (m [ { a = 1; } { b = 2; } ]) (m [ false true ]) (m [ 3 3 ]) ];
    expected = [ [ 1 2 ] "ab" { a = 1; b = 2; } true 3 ];
  };
}
