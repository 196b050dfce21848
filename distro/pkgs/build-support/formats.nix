# Configuration files from Nix values: each format has a `type` for options and `generate name value`.
{ lib, pkgs }:
let
  inherit (lib) types;
  atom = with types; nullOr (oneOf [ bool int float str path ]) // { description = "null, boolean, number or text"; };
  nested = types.nullOr (types.oneOf [ types.bool types.int types.float types.str types.path (types.attrsOf nested) (types.listOf nested) ]) // {
    description = "JSON value";
  };
  textFormat = type: toText: { inherit type; generate = name: value: pkgs.writeText name (toText value); };
  listable = listsAsDuplicateKeys: if listsAsDuplicateKeys then types.either atom (types.listOf atom) else atom;
in
{
  json = { }: textFormat nested builtins.toJSON;
  # JSON is YAML
  yaml = { }: textFormat nested builtins.toJSON;

  keyValue =
    { listsAsDuplicateKeys ? false, ... }@args:
    textFormat (types.attrsOf (listable listsAsDuplicateKeys)) (lib.generators.toKeyValue args);

  ini =
    { listsAsDuplicateKeys ? false, ... }@args:
    textFormat (types.attrsOf (types.attrsOf (listable listsAsDuplicateKeys))) (lib.generators.toINI args);

  systemd = textFormat (types.attrsOf (types.attrsOf (listable true))) (lib.generators.toINI { listsAsDuplicateKeys = true; });
}
