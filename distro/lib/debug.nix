# Tracing, and tests of pure expressions.
{ lib }:
rec {
  traceIf = pred: msg: x: if pred then builtins.trace msg x else x;
  traceValFn = f: x: builtins.trace (f x) x;
  traceVal = traceValFn lib.trivial.id;
  traceSeq = x: y: builtins.trace (builtins.deepSeq x x) y;
  traceSeqN =
    depth: x: y:
    let
      cut =
        n: v:
        if builtins.isList v then
          (if n == 0 then "[…]" else map (cut (n - 1)) v)
        else if builtins.isAttrs v && !lib.attrsets.isDerivation v then
          (if n == 0 then "{…}" else builtins.mapAttrs (_: cut (n - 1)) v)
        else
          v;
    in
    builtins.trace (lib.generators.toPretty { } (cut depth x)) y;
  traceValSeq = v: traceSeq v v;

  # The tests of `{ testName = { expr; expected; }; }` that fail, as a list.
  runTests =
    tests:
    lib.lists.concatLists (
      lib.attrsets.mapAttrsToList (
        name: test:
        let
          selected = tests.tests or [ name ];
          isTest = lib.strings.hasPrefix "test" name && name != "tests";
        in
        if isTest && builtins.elem name selected && test.expr != test.expected then
          [ { inherit name; inherit (test) expected; result = test.expr; } ]
        else
          [ ]
      ) tests
    );
  testAllTrue = expr: { inherit expr; expected = map (_: true) expr; };
}
