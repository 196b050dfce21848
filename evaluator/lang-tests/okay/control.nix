# case: if
[ (if true then 1 else 2) (if false then 1 else 2) (if 1 < 2 then if false then 1 else 2 else 3) ]
# case: assert
[ (assert true; 1) (assert 1 == 1; assert true; 2) ]
# case: with
let s = { a = 1; b = 2; }; in with s; [ a b ]
# case: with gives way to let
let a = 1; in with { a = 2; }; a
# case: the inner with wins
with { a = 1; b = 2; }; with { a = 3; }; [ a b ]
# case: with is lazy
with throw "no"; 1
# case: with gives way to function arguments
(a: with { a = 2; }; a) 1
# case: with over a rec set
with rec { a = b; b = 1; }; a
# case: with inside a let value
let x = with { y = 5; }; y; in x
# case: nested let
let a = 1; in let b = a + 1; in let c = b + 1; in [ a b c ]
# case: let is recursive
let a = b; b = c; c = 1; in a
# case: let with inherit
let s = { x = 1; y = 2; }; inherit (s) x y; in x + y
# case: let with nested names
let a.b = 1; a.c = 2; in a
# case: let with dynamic-looking quoted names
let "a b" = 1; x = { inherit "a b"; }; in x
# case: boolean operators
[ (true && false) (true || false) (! true) (false -> false) (true -> false) (true -> true) ]
# case: boolean operators stop early
[ (false && throw "no") (true || throw "no") (false -> throw "no") ]
# case: implication associates to the right
[ (false -> true -> false) ((false -> true) -> false) ]
# case: precedence of logic
[ (true || false && false) (! true || true) (! (true && false)) (1 == 1 && 2 == 2) (false -> false || true) ]
# case: not binds tighter than equality
! false == true
# case: has attribute binds tighter than not
! { a = 1; } ? b
# case: concatenation binds tighter than plus and update looser
[ ([ 1 ] ++ [ 2 ] == [ 1 2 ]) ({ a = 1; } // { b = 2; } == { a = 1; b = 2; }) ]
# case: comparison operators
[ (1 < 2) (1 <= 1) (2 > 1) (1 >= 2) (1 != 2) (1 == 2) ]
# case: minus and names
let a-b = 1; a = 3; b = 1; in [ a-b (a - b) (a -b) ]
# case: comments
/* block */ [ # line
  1 /* inner # */ 2 /**/ 3 /* * / **/
]
# case: tryEval
[ (builtins.tryEval 1) (builtins.tryEval (throw "x")) (builtins.tryEval (assert false; 1)) (builtins.tryEval { a = throw "lazy"; }).success ]
# case: tryEval of a nested throw
(builtins.tryEval (builtins.deepSeq [ (throw "x") ] 1)).success
# case: tryEval again gives the same
let x = throw "x"; in [ (builtins.tryEval x).success (builtins.tryEval x).success ]
# case: tryEval of a missing search path
(builtins.tryEval <no-such-thing-at-all>).success
# case: addErrorContext and trace change nothing
builtins.addErrorContext "doing it" 5
# case: curPos
let p = __curPos; in [ p.line p.column (baseNameOf p.file != "") ]
# case: unsafeGetAttrPos
let s = { a = 1;
  b = 2; }; p = builtins.unsafeGetAttrPos "b" s; in [ p.line p.column (builtins.unsafeGetAttrPos "x" s) ]
# case: true false null can be shadowed
let true = 1; null = 2; in [ true null ]
# case: operators can be redefined in scope
let __sub = a: b: "sub"; __lessThan = a: b: "lt"; in [ (2 - 1) (1 < 2) ]
# case: negation uses the scope too
let __sub = a: b: "sub"; in - 5
# case: multiplication and division use the scope
let __mul = a: b: "mul"; __div = a: b: "div"; in [ (1 * 2) (1 / 2) ]
# case: comparison with null
[ (null == null) (null == false) (null == { }) (1 == "1") ("" == null) ]
# case: equality forces what it needs
({ a = 1; b = throw "no"; } == { a = 1; })
# case: parentheses
((((1))))
# case: deep nesting
let f = n: if n == 0 then [ ] else [ (f (n - 1)) ]; in f 20
# case: attributes made by listToAttrs are where their values are
let s = builtins.listToAttrs [ { name = "b"; value = 1; } { name = "a"; value = 2; } ]; in [ (builtins.unsafeGetAttrPos "a" s).column (builtins.unsafeGetAttrPos "b" s).column ]
# case: which functions keep positions
let s = { b = 1; a = 2; }; at = set: (builtins.unsafeGetAttrPos "a" set).column or 0; in
map at [ (s // { c = 1; }) ({ c = 1; } // s) (removeAttrs s [ "b" ]) (builtins.intersectAttrs { a = 1; } s) (builtins.mapAttrs (n: v: v) s) (rec { a = 1; }) ({ ${"a" + ""} = 1; }) ]
# case: functionArgs tells where arguments are
let args = builtins.functionArgs ({ a, bb ? 1 }: a); in map (n: (builtins.unsafeGetAttrPos n args).column) [ "a" "bb" ]
