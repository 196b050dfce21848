# case: an empty name given to path is none
builtins.path { name = ""; path = ../fixtures; filter = p: t: false; } == builtins.path { path = ../fixtures; filter = p: t: false; }
# case: a path with a name that is too long does not exist
builtins.pathExists (/a + builtins.concatStringsSep "" (builtins.genList (n: "0123456789") 30))
