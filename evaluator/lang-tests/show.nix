# Turns a value, evaluated deeply, into one line of text that tells types apart; the same text in Nix and in Firn means the same value.
let
  inherit (builtins)
    attrNames concatMap concatStringsSep functionArgs getContext hasContext map toJSON typeOf unsafeDiscardStringContext;
  shown = {
    int = v: toString v;
    # `toString` cuts after six decimals, and `toJSON` rounds to six digits in old versions.
    float = v: "float ${toString v} ${toString (v * 1.0e12)}";
    bool = v: if v then "true" else "false";
    null = v: "null";
    path = v: "path ${toString v}";
    string = v:
      toJSON (unsafeDiscardStringContext v) + (if hasContext v then " context ${toJSON (getContext v)}" else "");
    list = v: "[ " + concatStringsSep " " (map (e: "(${show e})") v) + " ]";
    set = v: "{ " + concatStringsSep " " (map (n: "${toJSON n} = ${show v.${n}};") (attrNames v)) + " }";
    lambda = v: "lambda ${toJSON (functionArgs v)}";
  };
  show = v: shown.${typeOf v} v;
in
show
