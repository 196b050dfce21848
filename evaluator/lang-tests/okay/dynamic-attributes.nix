# case: null names nothing
{ ${null} = throw "never"; a = 1; }
# case: null in a path names nothing at all
{ ${null}.b = 1; a.${null} = 2; }
# case: a string in quotes is static when nothing is interpolated
rec { "a" = 1; b = a; "c d".e = 2; }
# case: an interpolated name in let is static when it is plain
let ${"a"} = 1; in a
# case: dynamic names are not in scope of a recursive set
let b = "outer"; in rec { ${"b" + ""} = "inner"; c = b; }
# case: dynamic parts anywhere in a path
{ a.${"b"}.c = 1; ${"x"}.y."${"z"}" = 2; }
# case: inherit takes strings
{ inherit ({ a = 1; "b c" = 2; }) "a" ${"b c"}; } == { a = 1; "b c" = 2; }
# case: sets of the same name are merged
[ { a.b = 1; a.c = 2; } { a = { b = 1; }; a.c = 2; } { a.c = 2; a = { b = 1; }; } { a = { b = 1; }; a = { c = 2; }; } ]
# case: a recursive set keeps being one when it is merged
{ a = rec { b = 1; d = b; }; a.c = 2; }.a
# case: membership by a dynamic name
[ ({ a.b = 1; } ? a.${"b"}) ({ } ? ${"x"}) ({ a = null; } ? a.b) (1 ? a) ]
