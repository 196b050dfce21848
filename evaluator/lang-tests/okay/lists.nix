# case: printing
[ 1 "a" [ ] [ 2 [ 3 ] ] { } (x: x) null true /a ]
# case: elements are simple expressions
let f = x: x + 1; a.b = 7; in [ (f 1) a.b a.c or 3 (-1) "s" ./x/../y ] != [ ]
# case: concatenation
[ ([ 1 ] ++ [ 2 ] ++ [ ]) ([ ] ++ [ ]) (builtins.concatLists [ [ 1 ] [ ] [ 2 3 ] ]) ]
# case: concatenation associates to the right
[ 1 ] ++ [ 2 ] ++ map (x: x) [ 3 ]
# case: equality is deep
[ ([ 1 [ 2 ] ] == [ 1 [ 2 ] ]) ([ 1 ] == [ 2 ]) ([ 1 ] == [ 1 2 ]) ([ 1 ] != [ 1.0 ]) ([ ] == [ ]) ]
# case: order is lexicographic
[ ([ 1 2 ] < [ 1 3 ]) ([ 1 ] < [ 1 0 ]) ([ ] < [ 1 ]) ([ 2 ] < [ 1 9 ]) ([ "a" ] < [ "b" ]) ([ [ 1 ] ] < [ [ 2 ] ]) ([ 1 ] <= [ 1 ]) ]
# case: head tail length elemAt
[ (builtins.head [ 1 2 ]) (builtins.tail [ 1 2 3 ]) (builtins.length [ 1 2 3 ]) (builtins.elemAt [ 1 2 3 ] 2) (builtins.tail [ 1 ]) ]
# case: elements stay lazy
builtins.length [ (throw "a") (throw "b") ]
# case: map and filter
[ (map (x: x * 2) [ 1 2 3 ]) (builtins.filter (x: x > 1) [ 1 2 3 ]) (map (x: x) [ ]) ]
# case: map is lazy
builtins.elemAt (map (x: if x == 1 then throw "no" else x) [ 1 2 ]) 1
# case: foldl' goes from the left
[ (builtins.foldl' (a: b: "(${a}${b})") "0" [ "1" "2" "3" ]) (builtins.foldl' (a: b: a + b) 0 [ ]) (builtins.foldl' builtins.add 0 [ 1 2 3 ]) ]
# case: elem all any
[ (builtins.elem 2 [ 1 2 ]) (builtins.elem [ 1 ] [ [ 1 ] ]) (builtins.elem 3 [ ]) (builtins.all (x: x > 0) [ 1 2 ]) (builtins.all (x: false) [ ]) (builtins.any (x: x > 1) [ 1 2 ]) (builtins.any (x: true) [ ]) ]
# case: any and all stop early
[ (builtins.any (x: if x == 2 then throw "no" else true) [ 1 2 ]) (builtins.all (x: if x == 2 then throw "no" else false) [ 1 2 ]) ]
# case: genList
[ (builtins.genList (x: x * x) 5) (builtins.genList (x: x) 0) (builtins.length (builtins.genList (x: throw "lazy") 3)) ]
# case: concatMap
[ (builtins.concatMap (x: [ x x ]) [ 1 2 ]) (builtins.concatMap (x: [ ]) [ 1 2 ]) ]
# case: sort
[ (builtins.sort (a: b: a < b) [ 3 1 2 ]) (builtins.sort builtins.lessThan [ ]) (builtins.sort (a: b: a > b) [ 1 2 3 ]) (builtins.sort builtins.lessThan [ "b" "a" ]) ]
# case: sort is stable
builtins.sort (a: b: a.k < b.k) [ { k = 1; v = "a"; } { k = 0; v = "b"; } { k = 1; v = "c"; } { k = 0; v = "d"; } ]
# case: partition
builtins.partition (x: x > 2) [ 1 2 3 4 ]
# case: groupBy
builtins.groupBy (x: if x > 2 then "big" else "small") [ 1 2 3 4 ]
# case: genericClosure
builtins.genericClosure { startSet = [ { key = 1; } ]; operator = item: if item.key > 3 then [ ] else [ { key = item.key + 1; } { key = 1; } ]; }
# case: genericClosure with text keys keeps the first of equals
map (x: x.v) (builtins.genericClosure { startSet = [ { key = "a"; v = 1; } { key = "a"; v = 2; } ]; operator = _: [ { key = "b"; v = 3; } ]; })
# case: genericClosure over an empty set
builtins.genericClosure { startSet = [ ]; operator = x: throw "never"; }
# case: listToAttrs lets the first of equal names win
builtins.listToAttrs [ { name = "a"; value = 1; } { name = "b"; value = 2; } { name = "a"; value = 3; } ]
# case: elements that repeat are printed again
let x = 1; in [ x x ]
# case: shared lists
let x = [ 1 ]; in [ x x ]
# case: replacing by index
builtins.genList (n: builtins.elemAt [ "a" "b" "c" ] (2 - n)) 3
# case: long list
builtins.foldl' builtins.add 0 (builtins.genList (x: x) 10000)
