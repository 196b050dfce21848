# case: dynamic attribute name
let s = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; in { ${s} = 1; }
# case: dynamic selection
let s = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; in { a = 1; }.${s}
# case: dynamic has attribute
let s = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; in { a = 1; } ? ${s}
# case: getAttr
let s = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; in builtins.getAttr s { a = 1; }
# case: hasAttr
let s = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; in builtins.hasAttr s { a = 1; }
# case: listToAttrs
let s = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; in builtins.listToAttrs [ { name = s; value = 1; } ]
# case: removeAttrs
let s = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; in removeAttrs { a = 1; } [ s ]
# case: groupBy
let s = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; in builtins.groupBy (x: s) [ 1 ]
# case: pattern of match
let s = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; in builtins.match s "a"
# case: pattern of split
let s = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; in builtins.split s "a"
# case: algorithm of hashString
let s = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; in builtins.hashString s "x"
# case: fromJSON
let s = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; in builtins.fromJSON s
# case: parseDrvName
let s = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; in builtins.parseDrvName s
# case: compareVersions
let s = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; in builtins.compareVersions s s
# case: getEnv
let s = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; in builtins.getEnv s
# case: appending to a path
let s = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; in /a + s
# case: findFile takes no prefix with a context
builtins.findFile [ { path = ../fixtures; prefix = builtins.appendContext "" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; } ] "text.txt"
