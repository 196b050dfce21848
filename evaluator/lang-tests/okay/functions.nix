# case: application associates to the left
let f = a: b: c: [ a b c ]; in f 1 2 3
# case: partial application
let add = a: b: a + b; inc = add 1; in map inc [ 1 2 ]
# case: patterns
[ (({ a, b }: [ a b ]) { a = 1; b = 2; }) (({ a, ... }: a) { a = 1; b = 2; }) (({ }: 1) { }) (({ ... }: 2) { x = 1; }) ]
# case: defaults
[ (({ a ? 1 }: a) { }) (({ a ? 1 }: a) { a = 2; }) (({ a, b ? a + 1 }: b) { a = 1; }) (({ a ? b, b ? 5 }: a) { }) ]
# case: defaults are lazy
({ a ? throw "no", b }: b) { b = 1; }
# case: a name for the whole set
[ ((args@{ a, ... }: args) { a = 1; b = 2; }) (({ a, ... }@args: args.b) { a = 1; b = 2; }) ]
# case: the whole set lacks defaults
(args@{ a ? 1 }: args) { }
# case: a default may use the name of the whole set
(args@{ a ? args.b, ... }: a) { b = 7; }
# case: trailing comma
({ a, b, }: a + b) { a = 1; b = 2; }
# case: printing of functions
[ (x: x) ({ a }: a) map (map (x: x)) builtins.add ]
# case: __functor
let s = { __functor = self: x: self.n + x; n = 10; }; in [ (s 1) (map s [ 1 2 ]) (builtins.isFunction s) ]
# case: __functor of a functor
({ __functor = self: { __functor = _: x: x * 2; }; }) 4
# case: closures keep their scope
let mk = n: (x: x + n); in [ ((mk 1) 10) ((mk 2) 10) ]
# case: recursion through let
let fac = n: if n == 0 then 1 else n * fac (n - 1); in fac 20
# case: mutual recursion
let even = n: if n == 0 then true else odd (n - 1); odd = n: if n == 0 then false else even (n - 1); in even 101
# case: fixed point
let fix = f: let x = f x; in x; in (fix (self: { a = 1; b = self.a + 1; })).b
# case: arguments are lazy
(x: 1) (throw "no")
# case: arguments are evaluated once
let count = builtins.foldl' (a: x: a + x) 0 (builtins.genList (x: x) 1000); f = x: x + x; in f count
# case: shadowing
let x = 1; in (x: let x = 3; in x) 2
# case: lambda in operators needs parentheses only as operand
[ ((x: x + 1) 1) ((x: y: x) 1 2) ((x: { y = x; }.y) 5) ]
# case: function of underscore
(_: 1) 2
# case: identifiers with quotes and dashes
let a' = 1; b-c = 2; _d = 3; a'' = 4; in [ a' b-c _d a'' ]
# case: builtins are values
let f = builtins.map; in f (x: x) [ 1 ]
# case: seq and deepSeq
[ (builtins.seq 1 2) (builtins.deepSeq { a = [ 1 ]; } 3) (builtins.seq { a = throw "no"; } 4) ]
# case: many arguments
let f = a: b: c: d: e: g: h: [ a b c d e g h ]; in f 1 2 3 4 5 6 7
