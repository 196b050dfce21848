# Names in a tree: without `sets` the top level's, else those in each of the named sets (null for what is no package set).
{ tree, sets ? null }:
let
  inherit (builtins) attrNames fromJSON isAttrs readFile tryEval;
  pkgs = import tree { };
  members = name:
    let
      value = pkgs.${name};
      names = if isAttrs value && (value.type or null) != "derivation" then attrNames value else null;
      attempt = tryEval names;
    in
    if attempt.success then attempt.value else null;
in
if sets == null then attrNames pkgs else map members (fromJSON (readFile sets))
