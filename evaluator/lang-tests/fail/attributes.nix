# case: missing attribute
{ a = 1; }.b
# case: missing attribute that is nearly there
{ package = 1; }.packages
# case: missing nested attribute
{ a.b = 1; }.a.c
# case: missing attribute of an empty set
{ }.a
# case: missing quoted attribute
{ a = 1; }."x y"
# case: missing dynamic attribute
let n = "zz"; in { a = 1; }.${n}
# case: undefined variable
x
# case: undefined variable that is nearly there
let package = 1; in pakage
# case: undefined variable under with
with { a = 1; }; b
# case: undefined variable in a set
{ a = b; }.a
# case: undefined in an inherit
{ inherit nothere; }.nothere
# case: inherit of a missing attribute
let s = { a = 1; }; in { inherit (s) b; }.b
# case: dynamic attribute twice
{ ${"a"} = 1; a = 2; b.${"c" + ""} = 1; b.c = 2; }.b
# case: a dynamic name twice
let n = "a"; in { ${n} = 1; "${n}" = 2; }
# case: missing argument
({ a, b }: a) { a = 1; }
# case: unexpected argument
({ a }: a) { a = 1; b = 2; }
# case: unexpected argument that is nearly there
({ enable, package ? 1 }: enable) { enable = true; packge = 2; }
# case: missing builtin
builtins.noSuchBuiltin 1
# case: missing builtin that is nearly there
builtins.mapAttr
# case: getAttr of a missing attribute
builtins.getAttr "b" { a = 1; }
# case: elemAt out of range
builtins.elemAt [ 1 2 ] 2
# case: elemAt below zero
builtins.elemAt [ 1 2 ] (-1)
# case: head of an empty list
builtins.head [ ]
# case: tail of an empty list
builtins.tail [ ]
# case: listToAttrs without name
builtins.listToAttrs [ { value = 1; } ]
# case: listToAttrs without value
(builtins.listToAttrs [ { name = "a"; } ]).a
# case: listToAttrs of integers
builtins.listToAttrs [ 1 ]
# case: genericClosure without key
builtins.genericClosure { startSet = [ { } ]; operator = _: [ ]; }
# case: genericClosure without operator
builtins.genericClosure { startSet = [ { key = 1; } ]; }
# case: genericClosure without start set
builtins.genericClosure { operator = _: [ ]; }
# case: genericClosure with different types of keys
builtins.genericClosure { startSet = [ { key = 1; } { key = "a"; } ]; operator = _: [ ]; }
