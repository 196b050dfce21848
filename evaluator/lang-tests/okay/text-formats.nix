# case: toJSON
builtins.toJSON { b = [ 1 true null "x" ]; a = { }; "é" = "\n\"\\"; l = [ ]; }
# case: toJSON of sets with outPath
builtins.toJSON [ { outPath = "o"; x = 1; } { __toString = _: "t"; } ]
# case: toJSON of nested outPath
builtins.toJSON { outPath = { outPath = 1; }; }
# case: toJSON of control characters
# differs: Nix 2.8 writes backspace and form feed as \u0008 and \u000c
builtins.toJSON (builtins.fromJSON "\"\\u0001\\b\\f\\u007f\\t\"")
# case: toJSON of integers at the edges
builtins.toJSON [ 9223372036854775807 (-9223372036854775807 - 1) 0 ]
# case: fromJSON
builtins.fromJSON ''{"b": [1, -2, 1.5, 1e2, true, false, null, "x\u00e9\n"], "a": {}, "a": {"c": []}}''
# case: fromJSON of types
map builtins.typeOf (builtins.fromJSON "[1, 1.0, 1e0, 9223372036854775807, 18446744073709551616, \"\", null, true, [], {}]")
# case: fromJSON and toJSON are inverse
let s = ''{"a":[1,2,{"b":null}],"c":"\t"}''; in builtins.toJSON (builtins.fromJSON s) == s
# case: fromTOML
builtins.fromTOML ''
  title = "x"
  n = 1_000
  f = 1.5
  list = [1, [2, 3], "a"]
  inline = { x = 1, y.z = true }
  [table]
  key = 'literal\n'
  [table.sub]
  deep = 0xff
  [[many]]
  a = 1
  [[many]]
  a = 2
''
# case: toXML
builtins.toXML { a = 1; b = "x<>&\"'"; c = [ true null 1.5 ]; d = x: x; e = { y, z ? 1, ... }@args: y; f = { }; }
# case: toXML of paths and empty lists
builtins.toXML [ /a/b [ ] ]
# case: parseDrvName
map builtins.parseDrvName [ "nix-0.12pre12876" "a-b" "a-1-2" "" "-1" ]
# case: compareVersions
[ (builtins.compareVersions "1.0" "1.0.1") (builtins.compareVersions "2.3pre1" "2.3") (builtins.compareVersions "1.10" "1.9") (builtins.compareVersions "a" "a") ]
# case: splitVersion
builtins.splitVersion "1.2-3pre4"
# case: match
[ (builtins.match "a(b*)c" "abbc") (builtins.match "ab" "abc") (builtins.match "(a)|(b)" "b") (builtins.match "" "") (builtins.match "[[:space:]]+([[:upper:]]+)[[:space:]]+" "  FOO   ") ]
# case: match takes the first way that works
builtins.match "(a|ab)(c|bcd)(d*)" "abcd"
# case: split
[ (builtins.split "(a)b" "abc") (builtins.split "([ac])" "abc") (builtins.split "(a)|(c)" "abc") (builtins.split "x" "abc") (builtins.split "," "a,b,,c") ]
# case: split prefers the longest alternative
builtins.split "a|ab" "xaby"
# case: split on empty matches
builtins.split "" "ab"
# case: toFile has a context that printing does not show
builtins.stringLength "x"
# case: toXML of functions that have some of their arguments
map builtins.toXML [ ((a: b: a) 1) ((a: b: c: a) 1 2) (map (x: x)) ]
