# case: subtraction, and nothing else of arithmetic's plus, calls what is in scope
[ (let __sub = a: b: "sub"; in 1 - 2) (let __mul = a: b: "mul"; in 2 * 3) (let __div = a: b: "div"; in 6 / 3) (let __add = a: b: "add"; in 1 + 2) ]
# case: a negative number is a subtraction from zero
let __sub = a: b: [ a b ]; in [ (- 5) (-(1 + 1)) ]
# case: comparisons call __lessThan, turned and negated
let __lessThan = a: b: "${toString a}<${toString b}" == "1<2"; in [ (1 < 2) (2 > 1) (1 <= 2) (2 >= 1) (2 <= 1) (1 > 2) ]
# case: with gives nobody a __sub: the outermost scope has one
[ (with { __sub = a: b: "with"; }; 1 - 2) (let __sub = a: b: "let"; in with { __sub = a: b: "with"; }; 1 - 2) ]
# case: angle brackets call __findFile with __nixPath
let __findFile = path: name: [ path name ]; __nixPath = [ "own" ]; in <a/b.c>
# case: a search path of one's own
let __nixPath = [ { prefix = "fixtures"; path = ../fixtures; } ]; in (import <fixtures/value.nix>).value
# case: or is an ordinary name in many places
let or = 1; set = { or = 2; }; in [ set.or (set.x or 3) ({ or = 4; }.or) { inherit (set) or; } ]
# case: or after a function is its argument
let or = 5; f = x: x + 1; in [ (f or) ]
# case: or takes the nearest selection
let f = x: x; in [ ({ a.b = 1; }.a.b or 2) ({ a = 1; }.a.b.c or 3) ({ a = null; }.a.b or 4) (f { a = 1; }.b or 5) ]
# case: a let without in has its body in the set
let { body = x + y; x = 1; y = 2; }
# case: with is weaker than any other scope
[ (let a = 1; in with { a = 2; }; a) (with { a = 1; }; with { a = 2; }; a) (with { a = 1; }; let a = 3; in a) ]
# case: names with quotes and dashes
let a' = 1; a-b = 2; _ = 3; "c d" = 4; in [ a' a-b _ (let "x" = 5; in x) ]
# case: overrides of a recursive set are seen by its members, those of another are not
[ (rec { __overrides = { a = 2; }; a = 1; b = a; }).b ({ __overrides = { a = 2; }; a = 1; }).a ]
