{ lib }:
let
  inherit (lib) attrByPath hasAttrByPath setAttrByPath getAttrFromPath filterAttrs recursiveUpdate foldAttrs collect mapAttrs' nameValuePair;
  nested = { a.b.c = 1; a.d = 2; e = { type = "derivation"; name = "x"; }; };
in
{
  attrByPath = { expr = [ (attrByPath [ "a" "b" "c" ] 0 nested) (attrByPath [ "a" "x" ] 0 nested) (attrByPath [ "a" "d" "z" ] 0 nested) (attrByPath [ ] 0 1) ]; expected = [ 1 0 0 1 ]; };
  hasAttrByPath = { expr = [ (hasAttrByPath [ "a" "b" ] nested) (hasAttrByPath [ "a" "q" ] nested) ]; expected = [ true false ]; };
  longestValidPathPrefix = { expr = lib.longestValidPathPrefix [ "a" "b" "x" "y" ] nested; expected = [ "a" "b" ]; };
  setAttrByPath = { expr = setAttrByPath [ "x" "y" ] 3; expected = { x.y = 3; }; };
  getAttrFromPath = { expr = getAttrFromPath [ "a" "d" ] nested; expected = 2; };
  updateMany = {
    expr = lib.updateManyAttrsByPath [ { path = [ "a" "b" ]; update = old: { d = old.c; }; } { path = [ "x" "y" ]; update = _: "new"; } ] { a.b.c = 0; };
    expected = { a.b.d = 0; x.y = "new"; };
  };
  updateManyInnerFirst = {
    expr = lib.updateManyAttrsByPath [ { path = [ "a" ]; update = old: old // { n = old.b + 1; }; } { path = [ "a" "b" ]; update = _: 5; } ] { a.b = 0; };
    expected = { a = { b = 5; n = 6; }; };
  };
  attrVals = { expr = lib.attrVals [ "b" "a" ] { a = 1; b = 2; }; expected = [ 2 1 ]; };
  getAttrs = { expr = lib.getAttrs [ "a" ] { a = 1; b = 2; }; expected = { a = 1; }; };
  catAttrs = { expr = lib.catAttrs "a" [ { a = 1; } { b = 0; } { a = 2; } ]; expected = [ 1 2 ]; };
  filterAttrs = { expr = filterAttrs (n: v: n != "x" && v > 1) { x = 5; y = 1; z = 2; }; expected = { z = 2; }; };
  filterAttrsRecursive = { expr = lib.filterAttrsRecursive (_: v: v != null) { a = null; b = { c = null; d = 1; }; }; expected = { b.d = 1; }; };
  foldlAttrs = { expr = lib.foldlAttrs (acc: n: v: acc + "${n}${toString v}") "" { b = 2; a = 1; }; expected = "a1b2"; };
  foldAttrs = { expr = foldAttrs (x: acc: [ x ] ++ acc) [ ] [ { a = 1; b = 2; } { a = 3; } ]; expected = { a = [ 1 3 ]; b = [ 2 ]; }; };
  collect = { expr = collect builtins.isInt { a = 1; b = { c = 2; d = "x"; }; }; expected = [ 1 2 ]; };
  cartesianProduct = {
    expr = lib.cartesianProduct { a = [ 1 2 ]; b = [ 10 20 ]; };
    expected = [ { a = 1; b = 10; } { a = 1; b = 20; } { a = 2; b = 10; } { a = 2; b = 20; } ];
  };
  cartesianProductEmpty = { expr = [ (lib.cartesianProduct { }) (lib.cartesianProduct { a = [ ]; b = [ 1 ]; }) ]; expected = [ [ { } ] [ ] ]; };
  mapAttrsPrime = { expr = mapAttrs' (n: v: nameValuePair "x-${n}" (v + 1)) { a = 1; }; expected = { x-a = 2; }; };
  mapAttrsToList = { expr = lib.mapAttrsToList (n: v: n + v) { b = "2"; a = "1"; }; expected = [ "a1" "b2" ]; };
  attrsToList = { expr = lib.attrsToList { a = 1; }; expected = [ { name = "a"; value = 1; } ]; };
  concatMapAttrs = { expr = lib.concatMapAttrs (n: v: { ${n} = v; "${n}2" = v * 2; }) { a = 1; b = 3; }; expected = { a = 1; a2 = 2; b = 3; b2 = 6; }; };
  mapAttrsRecursive = { expr = lib.mapAttrsRecursive (p: v: lib.concatStringsSep "-" (p ++ [ v ])) { a.b = "x"; c = "y"; }; expected = { a.b = "a-b-x"; c = "c-y"; }; };
  mapAttrsRecursiveCond = { expr = lib.mapAttrsRecursiveCond (s: !(s ? stop)) (_: v: if builtins.isAttrs v then "S" else v + 1) { a.b = 1; c.stop = 1; }; expected = { a.b = 2; c = "S"; }; };
  genAttrs = { expr = lib.genAttrs [ "a" "b" ] (n: n + "!"); expected = { a = "a!"; b = "b!"; }; };
  isDerivation = { expr = [ (lib.isDerivation nested.e) (lib.isDerivation nested) (lib.isDerivation 1) ]; expected = [ true false false ]; };
  optionalAttrs = { expr = [ (lib.optionalAttrs true { a = 1; }) (lib.optionalAttrs false { a = 1; }) ]; expected = [ { a = 1; } { } ]; };
  zipAttrs = { expr = lib.zipAttrs [ { a = 1; } { a = 2; b = 3; } ]; expected = { a = [ 1 2 ]; b = [ 3 ]; }; };
  zipAttrsWithNames = { expr = lib.zipAttrsWithNames [ "a" ] (_: vs: vs) [ { a = 1; b = 1; } { a = 2; } ]; expected = { a = [ 1 2 ]; }; };
  mergeAttrsList = { expr = lib.mergeAttrsList [ { a = 1; b = 1; } { b = 2; } { c = 3; } ]; expected = { a = 1; b = 2; c = 3; }; };
  mergeAttrsListEmpty = { expr = lib.mergeAttrsList [ ]; expected = { }; };
  recursiveUpdate = { expr = recursiveUpdate { a = { x = 1; y = 2; }; b = 1; } { a.y = 3; b = { }; }; expected = { a = { x = 1; y = 3; }; b = { }; }; };
  recursiveUpdateLazy = { expr = (recursiveUpdate { a = throw "no"; } { b = 1; }).b; expected = 1; };
  recursiveUpdateUntil = { expr = lib.recursiveUpdateUntil (p: _: _: p == [ "foo" ]) { foo.bar = 1; foo.baz = 2; x.y = 1; } { foo.bar = 5; x.z = 2; }; expected = { foo.bar = 5; x = { y = 1; z = 2; }; }; };
  matchAttrs = { expr = [ (lib.matchAttrs { cpu = { bits = 64; }; } { cpu = { bits = 64; name = "x"; }; }) (lib.matchAttrs { cpu = { bits = 32; }; } { cpu = { bits = 64; }; }) ]; expected = [ true false ]; };
  overrideExisting = { expr = lib.overrideExisting { a = 1; b = 2; } { b = 3; c = 4; }; expected = { a = 1; b = 3; }; };
  showAttrPath = { expr = lib.showAttrPath [ "foo" "10" "bar" ]; expected = "foo.\"10\".bar"; };
  getOutputBin = { expr = [ (lib.getBin { bin = "B"; out = "O"; }) (lib.getBin { out = "O"; }) (lib.getLib { lib = "L"; out = "O"; }) (lib.getBin { bin = "B"; outputSpecified = true; }).bin ]; expected = [ "B" "O" "L" "B" ]; };
  unionOfDisjoint = { expr = lib.unionOfDisjoint { a = 1; } { b = 2; }; expected = { a = 1; b = 2; }; };
}
