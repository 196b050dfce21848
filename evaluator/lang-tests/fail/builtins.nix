# case: map over a set
map (x: x) { }
# case: map with no function
map 1 [ 1 ]
# case: filter with no boolean
builtins.filter (x: 1) [ 1 ]
# case: foldl' over null
builtins.foldl' (a: b: a) 0 null
# case: sort with no boolean
builtins.sort (a: b: 1) [ 1 2 ]
# case: sort of different types
builtins.sort builtins.lessThan [ 1 "a" ]
# case: all with no boolean
builtins.all (x: null) [ 1 ]
# case: length of a set
builtins.length { }
# case: length of a string
builtins.length "abc"
# case: concatLists of integers
builtins.concatLists [ 1 ]
# case: concatMap without lists
builtins.concatMap (x: x) [ 1 ]
# case: genList of a negative length
builtins.genList (x: x) (-1)
# case: attrNames of a list
builtins.attrNames [ ]
# case: hasAttr of an integer
builtins.hasAttr 1 { }
# case: removeAttrs with a string
removeAttrs { } "a"
# case: mapAttrs over a list
builtins.mapAttrs (n: v: v) [ ]
# case: intersectAttrs with null
builtins.intersectAttrs { } null
# case: functionArgs of a set
builtins.functionArgs { }
# case: functionArgs of a functor
builtins.functionArgs { __functor = _: { a ? 1 }: a; }
# case: stringLength of a list
builtins.stringLength [ ]
# case: substring with a negative start
builtins.substring (-1) 2 "abc"
# case: substring of a string index
builtins.substring "0" 2 "abc"
# case: replaceStrings with lists of different length
builtins.replaceStrings [ "a" ] [ ] "abc"
# case: replaceStrings with integers
builtins.replaceStrings [ 1 ] [ "a" ] "abc"
# case: concatStringsSep with integers
builtins.concatStringsSep "," [ 1 2 ]
# case: concatStringsSep with an integer between
builtins.concatStringsSep 1 [ "a" "b" ]
# case: match with an invalid pattern
builtins.match "(a" "a"
# case: match of an integer
builtins.match "a" 1
# case: split with an invalid pattern
builtins.split "*" "a"
# case: pattern that is too large
builtins.match "(a{300}){400}" "a"
# case: fromJSON of no JSON
builtins.fromJSON "{ a: 1 }"
# case: fromJSON of nothing
builtins.fromJSON ""
# case: fromTOML of no TOML
builtins.fromTOML "a ="
# case: fromTOML of a date
builtins.fromTOML "a = 1979-05-27"
# case: toJSON of a function
builtins.toJSON { a = [ (x: x) ]; }
# case: hashString of an unknown kind
builtins.hashString "crc" "a"
# case: toPath of a relative path
builtins.toPath "a"
# case: compareVersions of an integer
builtins.compareVersions 1 "1"
# case: toFile with a name that is invalid
builtins.toFile "a/b" "text"
# case: toString of a list with a function
toString [ 1 (x: x) ]
# case: appendContext with no store path
builtins.appendContext "a" { "/not/in/store" = { path = true; }; }
# case: appendContext with a hash that is too long
builtins.appendContext "a" { "/nix/store/aaa00000000000000000000000000000000-x.drv" = { path = true; }; }
# case: appendContext with outputs of what is no derivation
builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x" = { outputs = [ "out" ]; }; }
# case: storePath of no store path
builtins.storePath "/not/in/store"
# case: bitAnd of floats
builtins.bitAnd 1.5 1
# case: ceil of a string
builtins.ceil "1"
# case: add of strings
builtins.add "a" "b"
# case: lessThan of different types
builtins.lessThan 1 "a"
# case: zipAttrsWith over integers
builtins.zipAttrsWith (n: vs: vs) [ 1 ]
# case: groupBy with no string
builtins.groupBy (x: x) [ 1 ]
# case: partition with no boolean
builtins.partition (x: x) [ 1 ]
# case: catAttrs over integers
builtins.catAttrs "a" [ 1 ]
# case: getEnv of an integer
builtins.getEnv 1
# case: derivation without a name
(derivation { builder = "b"; system = "s"; }).drvPath
# case: derivation without a builder
(derivation { name = "n"; system = "s"; }).drvPath
# case: derivation without a system
(derivation { name = "n"; builder = "b"; }).drvPath
# case: derivation with an invalid name
(derivation { name = "a b"; builder = "b"; system = "s"; }).drvPath
# case: derivation with a function as argument
(derivation { name = "n"; builder = "b"; system = "s"; f = x: x; }).drvPath
# case: derivation without outputs
(derivation { name = "n"; builder = "b"; system = "s"; outputs = [ ]; }).drvPath
# case: derivation with an output twice
(derivation { name = "n"; builder = "b"; system = "s"; outputs = [ "out" "out" ]; }).drvPath
# case: derivation with the name of an output that refers to a store path
(derivation { name = "n"; builder = "b"; system = "s"; a = 1; outputs = [ (builtins.toFile "t" "x") ]; }).a
# case: derivation of an integer
derivation 1
# case: a builtin that another one calls later is placed at what needs it
{ a = map builtins.length [ 1 ]; }
# case: a partial call of a builtin has the place of the whole at least
map (builtins.substring 0 "x") [ "a" ]
