{ lib }:
{
  foldr = { expr = lib.foldr (x: acc: "${x}(${acc})") "." [ "a" "b" ]; expected = "a(b(.))"; };
  foldl = { expr = lib.foldl (acc: x: "(${acc})${x}") "." [ "a" "b" ]; expected = "((.)a)b"; };
  imap = { expr = [ (lib.imap0 (i: v: "${v}${toString i}") [ "a" "b" ]) (lib.imap1 (i: v: "${v}${toString i}") [ "a" "b" ]) ]; expected = [ [ "a0" "b1" ] [ "a1" "b2" ] ]; };
  flatten = { expr = lib.flatten [ 1 [ 2 [ 3 ] 4 ] [ ] 5 ]; expected = [ 1 2 3 4 5 ]; };
  flattenScalar = { expr = lib.flatten 1; expected = [ 1 ]; };
  remove = { expr = lib.remove 3 [ 1 3 4 3 ]; expected = [ 1 4 ]; };
  findSingle = { expr = [ (lib.findSingle (x: x == 3) "none" "many" [ 1 3 3 ]) (lib.findSingle (x: x == 3) "none" "many" [ 1 3 ]) (lib.findSingle (x: x == 3) "none" "many" [ 9 ]) ]; expected = [ "many" 3 "none" ]; };
  findFirst = { expr = [ (lib.findFirst (x: x > 3) 7 [ 1 6 4 ]) (lib.findFirst (x: x > 9) 7 [ 1 6 4 ]) ]; expected = [ 6 7 ]; };
  findFirstLazy = { expr = lib.findFirst (_: true) 0 [ 1 (throw "not looked at") ]; expected = 1; };
  count = { expr = lib.count (x: x == 3) [ 3 2 3 4 ]; expected = 2; };
  optional = { expr = [ (lib.optional true 1) (lib.optional false 1) (lib.optionals true [ 1 2 ]) (lib.optionals false [ 1 ]) ]; expected = [ [ 1 ] [ ] [ 1 2 ] [ ] ]; };
  toList = { expr = [ (lib.toList [ 1 ]) (lib.toList "x") ]; expected = [ [ 1 ] [ "x" ] ]; };
  range = { expr = [ (lib.range 2 4) (lib.range 3 2) ]; expected = [ [ 2 3 4 ] [ ] ]; };
  replicate = { expr = lib.replicate 3 "v"; expected = [ "v" "v" "v" ]; };
  partition = { expr = lib.partition (x: x > 2) [ 5 1 2 3 ]; expected = { right = [ 5 3 ]; wrong = [ 1 2 ]; }; };
  groupByPrime = { expr = lib.groupBy' (a: b: a + b) 0 (x: if x > 2 then "big" else "small") [ 5 1 2 3 ]; expected = { big = 8; small = 3; }; };
  zipLists = { expr = lib.zipLists [ 1 2 3 ] [ "a" "b" ]; expected = [ { fst = 1; snd = "a"; } { fst = 2; snd = "b"; } ]; };
  reverseList = { expr = lib.reverseList [ 1 2 3 ]; expected = [ 3 2 1 ]; };
  toposort = { expr = lib.toposort (a: b: a < b) [ 3 2 1 ]; expected = { result = [ 1 2 3 ]; }; };
  toposortPrefix = { expr = lib.toposort lib.hasPrefix [ "/home/user" "other" "/" "/home" ]; expected = { result = [ "/" "/home" "/home/user" "other" ]; }; };
  toposortCycle = { expr = (lib.toposort (_: _: true) [ 1 2 ]) ? cycle; expected = true; };
  sortOn = { expr = lib.sortOn builtins.stringLength [ "aaa" "b" "cc" ]; expected = [ "b" "cc" "aaa" ]; };
  compareLists = { expr = [ (lib.compareLists lib.compare [ ] [ ]) (lib.compareLists lib.compare [ ] [ 1 ]) (lib.compareLists lib.compare [ 1 2 ] [ 1 1 ]) ]; expected = [ 0 (-1) 1 ]; };
  naturalSort = { expr = lib.naturalSort [ "disk11" "disk8" "disk100" "disk9" ]; expected = [ "disk8" "disk9" "disk11" "disk100" ]; };
  take = { expr = [ (lib.take 2 [ 1 2 3 ]) (lib.take 9 [ 1 ]) (lib.takeEnd 2 [ 1 2 3 ]) ]; expected = [ [ 1 2 ] [ 1 ] [ 2 3 ] ]; };
  drop = { expr = [ (lib.drop 2 [ 1 2 3 ]) (lib.drop 9 [ 1 ]) (lib.dropEnd 1 [ 1 2 3 ]) ]; expected = [ [ 3 ] [ ] [ 1 2 ] ]; };
  sublist = { expr = lib.sublist 1 3 [ "a" "b" "c" "d" "e" ]; expected = [ "b" "c" "d" ]; };
  prefixes = { expr = [ (lib.lists.hasPrefix [ 1 2 ] [ 1 2 3 ]) (lib.lists.removePrefix [ 1 ] [ 1 2 ]) (lib.lists.commonPrefix [ 1 2 3 ] [ 1 2 9 ]) ]; expected = [ true [ 2 ] [ 1 2 ] ]; };
  lastInit = { expr = [ (lib.last [ 1 2 ]) (lib.init [ 1 2 ]) ]; expected = [ 2 [ 1 ] ]; };
  unique = { expr = lib.unique [ 3 2 3 4 2 ]; expected = [ 3 2 4 ]; };
  uniqueStrings = { expr = lib.uniqueStrings [ "b" "a" "b" ]; expected = [ "a" "b" ]; };
  allUnique = { expr = [ (lib.allUnique [ 1 2 ]) (lib.allUnique [ 1 1 ]) ]; expected = [ true false ]; };
  setOperations = { expr = [ (lib.intersectLists [ 1 2 3 ] [ 6 3 2 ]) (lib.subtractLists [ 3 2 ] [ 1 2 3 4 5 3 ]) (lib.mutuallyExclusive [ 1 ] [ 2 ]) ]; expected = [ [ 3 2 ] [ 1 4 5 ] true ]; };
  crossLists = { expr = lib.crossLists (x: y: "${toString x}${toString y}") [ [ 1 2 ] [ 3 4 ] ]; expected = [ "13" "14" "23" "24" ]; };
  foldlStrictStart = { expr = (builtins.tryEval (lib.foldl' (_: x: x) (throw "forced") [ 1 ])).success; expected = false; };
}
