# case: URIs are strings
[ http://example.org/a?b=c%20d x:y ({ a = git+ssh://host/x; }.a) mailto:a@b ]
# case: a function needs a space where a URI does not
[ (builtins.typeOf (x: x)) (builtins.typeOf x:x) ]
# case: interpolation in a path
let b = "b"; in [ /a/${b} /a/b${b}c /a/${"b/../c"} /a/${b}/${b} ]
# case: paths are made canonical
[ /a/./b /a/../b /. /a/b/../../.. ]
# case: adding to a path
[ (/a + "b") (/a + /b) (/a + "/b/../c") (/. + "a") ]
# case: a division needs a space
let a = 6; b = 3; in [ (a / b) (builtins.typeOf ./a/b) ]
# case: parts of paths
[ (baseNameOf /a/b) (baseNameOf "a/b/") (baseNameOf "/") (dirOf /a/b) (dirOf "a") (dirOf "/a") (dirOf /.) ]
# case: two slashes in a row come only from interpolation
let empty = ""; in [ /a/${empty}/b (/a + "//b") ]
