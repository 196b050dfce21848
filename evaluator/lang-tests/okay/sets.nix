# case: printing is sorted by name
{ b = 1; a = 2; B = 3; _x = 4; }
# case: nested paths of attributes
{ a.b.c = 1; a.b.d = 2; a.e = 3; }
# case: a path and a set of the same name merge
{ a = { b = 1; }; a.c = 2; }
# case: two sets of the same name merge
{ a = { b = 1; }; a = { c = 2; }; }
# case: merged attributes of rec sets see one another
{ a = rec { b = c; c = 1; }; a.d = 2; }
# case: rec
rec { a = b + 1; b = 2; c.d = a; }
# case: rec shadows
let a = 1; in rec { b = a; a = 2; }
# case: inherit
let a = 1; b = 2; s = { c = 3; d = 4; }; in { inherit a b; inherit (s) c d; inherit; inherit (s); }
# case: inherit of quoted names
let s = { "x y" = 1; }; in { inherit (s) "x y"; }
# case: inherit of an antiquoted name without computation
let a = 1; in { inherit ${"a"}; }
# case: has attribute of a has attribute
{ } ? a ? b
# case: inherit into a rec set takes the outer name
let a = 1; in rec { inherit a; b = a; }
# case: dynamic names
let n = "x"; in { ${n} = 1; "${n}y" = 2; a.${n}.z = 3; ${"lit"} = 4; }
# case: a null name is left out
{ ${null} = 1; a = 2; }
# case: selection
let s = { a.b = 1; "c d" = 2; }; n = "a"; in [ s.a.b s."c d" s.${n}.b s."${n}" ]
# case: or gives a default
let s = { a.b = 1; }; in [ (s.a.b or 2) (s.a.c or 2) (s.x.y.z or 3) (s.a.b.c or 4) (s.x or s.a.b) ]
# case: or binds to the selection
let f = x: x; s = { }; in [ (f s.a or 1) (1 + s.b or 2) ]
# case: or as a name
{ or = 1; }.or
# case: has attribute
let s = { a.b = null; }; n = "a"; in [ (s ? a) (s ? b) (s ? a.b) (s ? a.b.c) (s ? ${n}) (s ? "a") (1 ? a) (s ? ${n}.b) ]
# case: update
[ ({ a = 1; b = 2; } // { b = 3; c = 4; }) ({ } // { }) ({ a.b = 1; } // { a.c = 2; }) ]
# case: update associates to the right
{ a = 1; } // { a = 2; } // { a = 3; }
# case: update is lazy in values
({ a = throw "no"; } // { a = 1; }).a
# case: equality is deep
[ ({ a = [ 1 ]; } == { a = [ 1 ]; }) ({ a = 1; } == { b = 1; }) ({ a = 1; } == { a = 1; b = 2; }) ({ } == { }) ({ a = 1; } != { a = 2; }) ]
# case: functions are never equal
let f = x: x; in [ (f == f) ((x: x) == (x: x)) ]
# case: a function is another value once it was selected
let s = { f = x: x; }; in [ s.f ] == [ s.f ]
# case: functions inside one set are equal to themselves
let s = { f = x: x; }; in [ (s == s) ([ s ] == [ s ]) ]
# case: derivations compare by outPath
{ type = "derivation"; outPath = "a"; x = 1; } == { type = "derivation"; outPath = "a"; x = 2; }
# case: attrNames and attrValues
let s = { b = 1; a = 2; "10" = 3; "9" = 4; }; in [ (builtins.attrNames s) (builtins.attrValues s) ]
# case: hasAttr getAttr
let s = { a = 1; }; in [ (builtins.hasAttr "a" s) (builtins.hasAttr "b" s) (builtins.getAttr "a" s) ]
# case: removeAttrs
[ (removeAttrs { a = 1; b = 2; c = 3; } [ "a" "c" "x" ]) (removeAttrs { } [ "a" ]) ]
# case: intersectAttrs takes the values of the second
builtins.intersectAttrs { a = 1; b = 2; x = 0; } { b = 3; a = 4; c = 5; }
# case: mapAttrs
builtins.mapAttrs (n: v: "${n}=${toString v}") { a = 1; b = 2; }
# case: mapAttrs is lazy
(builtins.mapAttrs (n: v: if n == "a" then throw "no" else v) { a = 1; b = 2; }).b
# case: catAttrs
builtins.catAttrs "a" [ { a = 1; } { b = 2; } { a = 3; } ]
# case: zipAttrsWith
builtins.zipAttrsWith (n: vs: { inherit n vs; }) [ { a = 1; b = 2; } { a = 3; } { } ]
# case: functionArgs
[ (builtins.functionArgs ({ a, b ? 1, ... }: a)) (builtins.functionArgs (x: x)) (builtins.functionArgs ({ }: 1)) ]
# case: derivation is a function with a pattern
builtins.functionArgs derivation
# case: isAttrs and friends
map (f: map f [ { } [ ] 1 1.5 "" null true (x: x) /a ]) [ builtins.isAttrs builtins.isList builtins.isInt builtins.isFloat builtins.isString builtins.isNull builtins.isBool builtins.isFunction builtins.isPath ]
# case: typeOf
map builtins.typeOf [ { } [ ] 1 1.5 "" null true (x: x) map (map (x: x)) /a ]
# case: __overrides replaces attributes of a rec set
rec { a = 1; b = a; __overrides = { a = 2; }; }
# case: let set form
let { a = 1; body = a + 1; }
# case: values that are not used are not evaluated
{ a = throw "no"; b = 1; }.b
# case: set with many attributes
builtins.length (builtins.attrNames (builtins.listToAttrs (builtins.genList (n: { name = "n${toString n}"; value = n; }) 1000)))
# case: shared sets
let x = { a = 1; }; in [ x x ]
# case: names that need quotes when printed
# differs: Nix 2.8 quotes of the keywords only 'if'
{ "a.b" = 1; "let" = 2; "or" = 3; "a\"b" = 4; "\${x}" = 5; "é" = 6; "-a" = 7; "true" = 8; }
# case: attribute paths over or
{ or = 1; a.or = 2; }.a.or
# case: updates in a chain keep every attribute
builtins.foldl' (s: n: s // { "k${toString n}" = n; }) { } (builtins.genList (n: n) 30) == builtins.listToAttrs (builtins.genList (n: { name = "k${toString n}"; value = n; }) 30)
