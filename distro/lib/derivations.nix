# Derivations whose attributes are known before they are evaluated.
{ lib }:
{
  lazyDerivation =
    {
      derivation,
      meta ? null,
      passthru ? { },
      outputs ? [ "out" ],
    }:
    let
      checked = assert derivation.outputs or [ "out" ] == outputs; derivation;
    in
    {
      type = "derivation";
      inherit (checked) outPath outputName drvPath name system;
      inherit outputs meta;
    }
    // lib.attrsets.optionalAttrs (meta == null) { meta = derivation.meta; }
    // lib.attrsets.genAttrs outputs (name: checked.${name})
    // passthru;
  optionalDrvAttr = cond: value: if cond then value else null;
}
