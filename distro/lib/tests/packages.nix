{ lib }:
let
  adder = { a, b ? 10 }: { sum = a + b; };
  auto = { a = 1; b = 2; c = 3; };
  scope = lib.makeScope lib.callPackageWith (self: { x = 1; y = self.callPackage ({ x }: x + 1) { }; });
in
{
  callPackage = { expr = (lib.callPackageWith auto adder { }).sum; expected = 3; };
  callPackageArgs = { expr = (lib.callPackageWith auto adder { b = 5; }).sum; expected = 6; };
  override = { expr = ((lib.callPackageWith auto adder { }).override { a = 7; }).sum; expected = 9; };
  overrideFunction = { expr = ((lib.callPackageWith auto adder { }).override (old: { a = old.a + 100; })).sum; expected = 103; };
  overrideTwice = { expr = (((lib.callPackageWith auto adder { }).override { a = 7; }).override { b = 0; }).sum; expected = 7; };
  overrideKeepsArgs = { expr = lib.functionArgs (lib.makeOverridable adder); expected = { a = false; b = true; }; };
  overridableFunction = { expr = (lib.makeOverridable ({ n }: x: x + n) { n = 1; }) 2; expected = 3; };
  callPackages = { expr = (lib.callPackagesWith auto ({ a }: { p = { v = a; }; }) { }).p.v; expected = 1; };
  scope = { expr = [ scope.y (scope.overrideScope (_: _: { x = 10; })).y ]; expected = [ 2 11 ]; };
  extendDerivation = {
    expr = let d = lib.extendDerivation true { extra = 1; } { type = "derivation"; outputs = [ "out" "dev" ]; outputName = "out"; drvPath = "d"; outPath = "o"; out = { type = "derivation"; outputName = "out"; drvPath = "d"; outPath = "o"; }; dev = { type = "derivation"; outputName = "dev"; drvPath = "d"; outPath = "v"; }; }; in [ d.extra d.dev.extra d.dev.outPath d.dev.outputSpecified ];
    expected = [ 1 1 "v" true ];
  };
  extendDerivationCondition = { expr = (builtins.tryEval (lib.extendDerivation false { } { outPath = "o"; drvPath = "d"; outputs = [ ]; }).outPath).success; expected = false; };
  getExe = { expr = [ (lib.getExe { meta.mainProgram = "m"; outPath = "/x"; }) (lib.getExe' { bin = "/b"; } "p") ]; expected = [ "/x/bin/m" "/b/bin/p" ]; };
  lazyDerivation = { expr = (lib.lazyDerivation { derivation = throw "not needed"; passthru.a = 1; }).a; expected = 1; };
  appendToName = { expr = (lib.appendToName "with" { name = "a-1.0"; }).name; expected = "a-with-1.0"; };
  availableOn = { expr = [ (lib.availableOn { system = "x86_64-linux"; } { meta.platforms = [ "x86_64-linux" ]; }) (lib.availableOn { system = "x86_64-linux"; } { meta.platforms = [ "aarch64-linux" ]; }) ]; expected = [ true false ]; };
  licenses = { expr = [ lib.licenses.mit.spdxId lib.licenses.unfree.free (lib.getLicenseFromSpdxId "gpl-3.0-only").shortName ]; expected = [ "MIT" false "gpl3Only" ]; };
}
