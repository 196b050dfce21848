# case: throw
throw "this is wrong"
# case: throw with several lines
throw "first\nsecond"
# case: throw of an integer
throw 1
# case: abort
abort "gave up"
# case: abort is not caught
builtins.tryEval (abort "gave up")
# case: assert
assert 1 == 2; 3
# case: assert in a function
let f = x: assert x > 0; x; in f (-1)
# case: infinite recursion
let x = x; in x
# case: infinite recursion through a set
rec { a = b; b = a; }.a
# case: infinite recursion through a string
let x = "${x}"; in x
# case: infinite recursion in attribute names
let s = { ${s.x} = 1; ${s.y} = "a"; }; in s.x
# case: infinite recursion in with
with (with s; { s = { }; }); undefinedHere
# case: call depth
let f = n: 1 + f (n + 1); in f 0
# case: type errors are not caught
builtins.tryEval (1 + "a")
# case: missing attributes are not caught
builtins.tryEval { }.a
# case: undefined variables are not caught
builtins.tryEval (with { }; x)
# case: division by zero
1 / 0
# case: division by zero as function
builtins.div 1 0
# case: division by float zero
1.0 / 0.0
# case: throw inside an attribute
{ a.b = throw "inside"; }.a.b
# case: throw inside a list
builtins.head [ (throw "first element") ]
# case: throw through seq
builtins.seq (throw "seen") 1
# case: throw through deepSeq
builtins.deepSeq { a = [ (throw "deep") ]; } 1
# case: error context
builtins.addErrorContext "while doing the thing" (throw "oops")
# case: importing a missing file
import ../fixtures/no-such-file.nix
# case: importing a folder without default.nix
import ../fixtures/folder/inner
# case: importing a file with a syntax error
import ../fixtures/broken.nix
# case: reading a missing file
builtins.readFile ../fixtures/no-such-file
# case: reading a folder
builtins.readFile ../fixtures
# case: listing a file
builtins.readDir ../fixtures/text.txt
# case: missing search path
<no-such-thing>
# case: string that is no path
builtins.readFile "relative"
# case: import of a relative string
import "value.nix"
# case: partition computes every element
(builtins.partition (x: true) [ (throw "computed") ]).wrong
