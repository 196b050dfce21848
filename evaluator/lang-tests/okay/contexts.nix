# case: plain strings have no context
[ (builtins.hasContext "x") (builtins.getContext "x") ]
# case: discarding context of a plain string
builtins.unsafeDiscardStringContext "x"
# case: appendContext and getContext
builtins.getContext (builtins.appendContext "x" { "/nix/store/00000000000000000000000000000000-a.drv" = { outputs = [ "out" "dev" ]; }; "/nix/store/00000000000000000000000000000000-b.drv" = { allOutputs = true; }; })
# case: context survives string operations
let s = builtins.appendContext "ab" { "/nix/store/00000000000000000000000000000000-a.drv" = { outputs = [ "out" ]; }; }; in
map builtins.hasContext [ "x${s}" (s + "y") (builtins.substring 0 1 s) (builtins.concatStringsSep "," [ "a" s ]) (toString [ s ]) (builtins.replaceStrings [ "a" ] [ "b" ] s) (builtins.toJSON s) (builtins.toJSON { a = [ s ]; }) (builtins.unsafeDiscardStringContext s) (baseNameOf s) ]
# case: the separator's context counts
let s = builtins.appendContext "," { "/nix/store/00000000000000000000000000000000-a.drv" = { outputs = [ "out" ]; }; }; in
map builtins.hasContext [ (builtins.concatStringsSep s [ "a" "b" ]) (builtins.concatStringsSep s [ "a" ]) (builtins.concatStringsSep s [ ]) ]
# case: replaceStrings takes context only from what was used
let s = builtins.appendContext "R" { "/nix/store/00000000000000000000000000000000-a.drv" = { outputs = [ "out" ]; }; }; in
map builtins.hasContext [ (builtins.replaceStrings [ "a" ] [ s ] "a") (builtins.replaceStrings [ "a" ] [ s ] "b") ]
# case: equality ignores context
builtins.appendContext "x" { "/nix/store/00000000000000000000000000000000-a.drv" = { outputs = [ "out" ]; }; } == "x"
# case: attribute names drop context when it is discarded
{ ${builtins.unsafeDiscardStringContext (builtins.appendContext "x" { "/nix/store/00000000000000000000000000000000-a.drv" = { outputs = [ "out" ]; }; })} = 1; }
# case: length of a string with context
builtins.stringLength (builtins.appendContext "abc" { "/nix/store/00000000000000000000000000000000-a.drv" = { outputs = [ "out" ]; }; })
# case: unsafeDiscardOutputDependency
builtins.getContext (builtins.unsafeDiscardOutputDependency (builtins.appendContext "x" { "/nix/store/00000000000000000000000000000000-b.drv" = { allOutputs = true; }; }))
# case: placeholder
[ (builtins.placeholder "out") (builtins.placeholder "dev") ]
# case: a regular expression's captures have no context
builtins.hasContext (builtins.head (builtins.match "(.*)" (builtins.appendContext "x" { "/nix/store/00000000000000000000000000000000-a.drv" = { outputs = [ "out" ]; }; })))
# case: split of a text without a match keeps its context
builtins.hasContext (builtins.head (builtins.split "x" (builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; })))
# case: keys of genericClosure compare by text
builtins.length (builtins.genericClosure { startSet = [ { key = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; } { key = "a"; } ]; operator = x: [ ]; })
# case: path functions keep context
let s = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-x.drv" = { path = true; }; }; in map builtins.hasContext [ (baseNameOf s) (dirOf s) (builtins.toXML s) (builtins.substring 0 0 s) (builtins.hashString "sha256" s) ]
# case: split keeps no context
map builtins.hasContext (builtins.filter builtins.isString (builtins.split "y" (builtins.appendContext "xyz" { "/nix/store/00000000000000000000000000000000-a.drv" = { outputs = [ "out" ]; }; })))
# case: storeDir and versions
[ builtins.storeDir (builtins.typeOf builtins.langVersion) (builtins.typeOf builtins.nixVersion) (builtins.typeOf builtins.currentSystem) ]
