{ lib }:
let
  inherit (lib) pipe toHexString fromHexString toBaseDigits versions functionArgs setFunctionArgs compare splitByAndCompare fix extends composeExtensions composeManyExtensions makeExtensible toExtension converge;
  counter = final: { a = 1; b = final.a + 1; };
in
{
  pipeOrder = { expr = pipe 2 [ (x: x + 1) (x: x * 10) ]; expected = 30; };
  hexUp = { expr = toHexString 255; expected = "FF"; };
  hexZero = { expr = toHexString 0; expected = "0"; };
  hexDown = { expr = fromHexString "0x1fF"; expected = 511; };
  baseDigits = { expr = toBaseDigits 2 10; expected = [ 1 0 1 0 ]; };
  mod = { expr = lib.mod 17 5; expected = 2; };
  minMax = { expr = [ (lib.min 1 2) (lib.max 1 2) ]; expected = [ 1 2 ]; };
  compareStrings = { expr = [ (compare "a" "b") (compare "b" "a") (compare "a" "a") ]; expected = [ (-1) 1 0 ]; };
  splitByAndCompare = {
    expr = lib.sort (a: b: splitByAndCompare (lib.hasPrefix "foo") compare compare a b < 0) [ "z" "fooc" "a" "fooa" ];
    expected = [ "fooa" "fooc" "a" "z" ];
  };
  functionArgs = { expr = functionArgs ({ a, b ? 1 }: a); expected = { a = false; b = true; }; };
  setFunctionArgs = {
    expr = let f = setFunctionArgs (x: x.a) { a = false; z = true; }; in [ (f { a = 5; }) (functionArgs f) ];
    expected = [ 5 { a = false; z = true; } ];
  };
  isFunctionFunctor = { expr = lib.isFunction { __functor = _: x: x; }; expected = true; };
  defaultTo = { expr = [ (lib.defaultTo 1 null) (lib.defaultTo 1 2) ]; expected = [ 1 2 ]; };
  mapNullable = { expr = [ (lib.mapNullable (x: x + 1) null) (lib.mapNullable (x: x + 1) 1) ]; expected = [ null 2 ]; };
  fix = { expr = fix counter; expected = { a = 1; b = 2; }; };
  extends = { expr = fix (extends (final: prev: { a = prev.a + 10; }) counter); expected = { a = 11; b = 12; }; };
  composeExtensions = {
    expr = fix (extends (composeExtensions (_: p: { a = p.a + 1; }) (_: p: { a = p.a * 10; })) counter);
    expected = { a = 20; b = 21; };
  };
  composeManyExtensionsNone = { expr = fix (extends (composeManyExtensions [ ]) counter); expected = { a = 1; b = 2; }; };
  makeExtensible = {
    expr = removeAttrs ((makeExtensible counter).extend (_: _: { a = 5; })) [ "extend" "__unfix__" ];
    expected = { a = 5; b = 6; };
  };
  toExtensionSet = { expr = fix (extends (toExtension { a = 7; }) counter); expected = { a = 7; b = 8; }; };
  toExtensionPrev = { expr = fix (extends (toExtension (prev: { a = prev.a + 1; })) counter); expected = { a = 2; b = 3; }; };
  converge = { expr = converge (x: x / 2) 100; expected = 0; };
  versionsMajor = { expr = [ (versions.major "1.2.3") (versions.minor "1.2.3") (versions.patch "1.2.3") (versions.majorMinor "1.2.3") ]; expected = [ "1" "2" "3" "1.2" ]; };
  versionsPad = { expr = [ (versions.pad 3 "1.2") (versions.pad 3 "1.3-rc1") (versions.pad 3 "1.2.3.4") ]; expected = [ "1.2.0" "1.3.0-rc1" "1.2.3" ]; };
  boolToString = { expr = map lib.boolToString [ true false ]; expected = [ "true" "false" ]; };
  systemsElaborate = {
    expr = let s = lib.systems.elaborate "aarch64-linux"; in [ s.system s.isAarch64 s.is64bit s.config s.linuxArch ];
    expected = [ "aarch64-linux" true true "aarch64-unknown-linux-gnu" "arm64" ];
  };
  systemsArm = { expr = (lib.systems.elaborate "armv7l-linux").config; expected = "armv7l-unknown-linux-gnueabihf"; };
  pathAppend = { expr = toString (lib.path.append /foo "./bar//baz"); expected = "/foo/bar/baz"; };
  subpathNormalise = { expr = lib.path.subpath.normalise "foo//./bar/"; expected = "./foo/bar"; };
  subpathInvalid = { expr = map lib.path.subpath.isValid [ "../a" "/a" "" "a/.." "a" ]; expected = [ false false false false true ]; };
  pathHasPrefix = { expr = [ (lib.path.hasPrefix /a /a/b) (lib.path.hasPrefix /a /ab) (lib.path.hasPrefix /. /x) ]; expected = [ true false true ]; };
  pathRemovePrefix = { expr = lib.path.removePrefix /a /a/b/c; expected = "./b/c"; };
}
