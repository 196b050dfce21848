# case: types of path literals
map builtins.typeOf [ ./. ./a ../a /a/b a/b ./a-b.c_d+e ]
# case: absolute paths are canonical
map toString [ /a/b /a/./b /a/../b /a/b/.. /a/../../b /a/b/../../.. ]
# case: relative paths begin at the file
map baseNameOf [ ./x ../y ./a/b/../c ]
# case: path plus string
[ (/a + "/b") (/a + "b") (/a/b + "/../c") (/a + "/") ]
# case: path plus path
/a + /b
# case: string plus path does not copy when the string is first
builtins.typeOf (/a + "b")
# case: equality and order of paths
[ (/a == /a) (/a == /b) (/a < /b) (/a/b < /a) (/a == "/a") ]
# case: baseNameOf and dirOf keep the type
[ (baseNameOf /a/b) (dirOf /a/b) (dirOf /a) (builtins.typeOf (dirOf /a/b)) (builtins.typeOf (baseNameOf /a/b)) ]
# case: interpolation inside a path
let x = "b"; in map toString [ /a/${x} /a/${x}/c /a/x${x}y/${"z"} /a${"/q"} ]
# case: a path with an interpolation is a path
builtins.typeOf (./. + "/${"x"}")
# case: slash without spaces is division only after a number and a space
[ (6 / 2) (toString 6/2 != "") ]
# case: home paths are paths
builtins.typeOf ~/x
# case: pathExists
[ (builtins.pathExists ../fixtures) (builtins.pathExists ../fixtures/nothing) (builtins.pathExists ../fixtures/value.nix) ]
# case: import of a file
import ../fixtures/value.nix
# case: import of a folder takes default.nix
import ../fixtures/folder
# case: import of a function
import ../fixtures/function.nix { a = 1; }
# case: import by string
import (toString ../fixtures/value.nix)
# case: an import is evaluated once
let a = import ../fixtures/value.nix; b = import ../fixtures/value.nix; in a == b
# case: readFile
builtins.readFile ../fixtures/text.txt
# case: readDir
builtins.readDir ../fixtures/folder
# case: scopedImport replaces and adds names
builtins.scopedImport { extra = 1; map = "replaced"; } ../fixtures/scoped.nix
# case: search path
let __nixPath = [ { prefix = ""; path = ../fixtures; } { prefix = "pre"; path = ../fixtures/folder; } ]; in [ (import <value.nix>) (baseNameOf <pre/default.nix>) (baseNameOf <folder>) ]
# case: findFile
baseNameOf (builtins.findFile [ { prefix = "a"; path = ../fixtures; } ] "a/value.nix")
# case: hashFile
builtins.hashFile "sha256" ../fixtures/text.txt
# case: toPath
map builtins.toPath [ "/a/b/" "/a/../b" ]
# case: path from a file that is imported
(import ../fixtures/where.nix) == ../fixtures
# case: a trailing slash after a newline is dropped
toString (/a + "\n/")
