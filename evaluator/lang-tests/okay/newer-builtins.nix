# case: convertHash from and to every form
# differs: 2.8 has no convertHash
let hash = builtins.hashString "sha256" ""; to = toHashFormat: builtins.convertHash { inherit hash toHashFormat; hashAlgo = "sha256"; };
  forms = map to [ "base16" "nix32" "base64" "sri" ];
in forms ++ [ (builtins.convertHash { hash = builtins.elemAt forms 3; toHashFormat = "base16"; } == hash) (to "base32" == to "nix32") ]
# case: warn and traceVerbose give their second argument
# differs: 2.8 has neither
[ (builtins.warn "text" 1) (builtins.traceVerbose (throw "not shown") 2) ]
# case: readFileType
# differs: 2.8 does not have it
map builtins.readFileType [ ../fixtures ../fixtures/value.nix ]
# case: addDrvOutputDependencies undoes unsafeDiscardOutputDependency
# differs: 2.8 has only the second
let
  drv = derivation { name = "x"; system = "s"; builder = "b"; };
  plain = builtins.unsafeDiscardOutputDependency drv.drvPath;
  again = builtins.addDrvOutputDependencies plain;
in [ (builtins.attrValues (builtins.getContext plain)) (builtins.getContext again == builtins.getContext drv.drvPath) (builtins.addDrvOutputDependencies again == again) ]
# case: replaceStrings computes only what it puts in
# differs: 2.8 computes all replacements
builtins.replaceStrings [ "a" "b" ] [ "x" (throw "not used") ] "aa"
# case: genericClosure compares keys by value
map (x: x.key) (builtins.genericClosure { startSet = [ { key = [ 1 ]; } { key = [ 1 ]; } { key = [ 1.0 ]; } { key = [ 1 2 ]; } ]; operator = x: [ ]; })
# case: what is behind a feature is not there
# differs: 2.8 has some of them and refuses when they are called
builtins.filter (name: builtins.hasAttr name builtins) [ "fetchTree" "getFlake" "parseFlakeRef" "flakeRefToString" "outputOf" ]
# case: genericClosure of nothing needs no operator
# differs: 2.8 computes the operator first
builtins.genericClosure { startSet = [ ]; operator = throw "not called"; }
