# Command lines from attribute sets.
{ lib }:
rec {
  toGNUCommandLineShell = options: attrs: lib.strings.escapeShellArgs (toGNUCommandLine options attrs);
  toGNUCommandLine =
    {
      mkOptionName ? k: if builtins.stringLength k == 1 then "-${k}" else "--${k}",
      mkBool ? k: v: lib.lists.optional v (mkOptionName k),
      mkList ? k: v: lib.lists.concatMap (mkOption k) v,
      optionValueSeparator ? null,
      mkOption ?
        k: v:
        let
          text = lib.generators.mkValueStringDefault { } v;
        in
        if v == null then
          [ ]
        else if optionValueSeparator == null then
          [ (mkOptionName k) text ]
        else
          [ "${mkOptionName k}${optionValueSeparator}${text}" ],
    }:
    options:
    let
      render = k: v: if builtins.isBool v then mkBool k v else if builtins.isList v then mkList k v else mkOption k v;
    in
    builtins.concatLists (lib.attrsets.mapAttrsToList render options);
}
