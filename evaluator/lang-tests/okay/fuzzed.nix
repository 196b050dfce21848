# case: an empty name given to path is none
builtins.path { name = ""; path = ../fixtures; filter = p: t: false; } == builtins.path { path = ../fixtures; filter = p: t: false; }
