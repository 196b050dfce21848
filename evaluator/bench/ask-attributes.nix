# What each attribute path of a tree is: `{ drv = ..; }`, `{ type = ..; }` for what is no derivation, null for what throws.
# Asked of real Nix and of Firn alike, so it uses nothing but what both have had for long.
{ tree, pathsFile }:
let
  inherit (builtins) foldl' fromJSON isAttrs readFile tryEval typeOf unsafeDiscardStringContext;
  pkgs = import tree { };
  describe = value:
    if isAttrs value && (value.type or null) == "derivation"
    then { drv = unsafeDiscardStringContext value.drvPath; }
    else { type = typeOf value; };
  ask = path:
    let
      answer = describe (foldl' (set: name: set.${name}) pkgs path);
      # `tryEval` looks no deeper than the set.
      attempt = tryEval (builtins.deepSeq answer answer);
    in
    if attempt.success then attempt.value else null;
in
map ask (fromJSON (readFile pathsFile))
