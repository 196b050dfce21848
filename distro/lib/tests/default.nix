# Cases of the library: `{ name = { expr; expected; }; }` by file. `failures` lists those whose value differs, `count` all.
# A case of errors.nix is evaluated alone, by ../../tests/lib.test.ts.
let
  lib = import ../.;
  files = {
    trivial = ./trivial.nix;
    attrsets = ./attrsets.nix;
    lists = ./lists.nix;
    strings = ./strings.nix;
    packages = ./packages.nix;
    generators = ./generators.nix;
    options = ./options.nix;
    types = ./types.nix;
    modules = ./modules.nix;
    systemd = ./systemd.nix;
  };
  cases = builtins.concatLists (
    map (
      file:
      let
        tests = import files.${file} { inherit lib; };
      in
      map (name: {
        name = "${file}.${name}";
        inherit (tests.${name}) expr expected;
      }) (builtins.attrNames tests)
    ) (builtins.attrNames files)
  );
  errors = import ./errors.nix { inherit lib; };
  differs = c: !(builtins.deepSeq c.expr c.expr == c.expected);
in
{
  count = builtins.length cases;
  failures = map (c: {
    inherit (c) name;
    result = lib.generators.toPretty { multiline = false; } c.expr;
    expected = lib.generators.toPretty { multiline = false; } c.expected;
  }) (builtins.filter differs cases);
  inherit errors;
  errorMessages = builtins.mapAttrs (_: e: e.messages) errors;
}
