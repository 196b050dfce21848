# case: an attribute twice
{ a = 1; a = 2; }
# case: an attribute and a path through it
{ a = 1; a.b = 2; }
# case: a path and an attribute
{ a.b = 1; a = 2; }
# case: a path twice
{ a.b = 1; a.b = 2; }
# case: inherit twice
let a = 1; in { inherit a; inherit a; }
# case: inherit and definition
let a = 1; in { inherit a; a = 2; }
# case: let twice
let a = 1; a = 2; in a
# case: merged sets with the same attribute
{ a = { b = 1; }; a = { b = 2; }; }
# case: dynamic attributes in let
let ${"a" + "b"} = 1; in 1
# case: dynamic attribute in let by antiquoted string
let "${"a" + "b"}" = 1; in 1
# case: rec set twice
rec { x = 1; x = 2; }
# case: path through a function
{ a = x: x; a.b = 1; }
