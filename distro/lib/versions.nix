# Parts of version strings.
{ lib }:
rec {
  splitVersion = builtins.splitVersion;
  major = v: builtins.elemAt (splitVersion v) 0;
  minor = v: builtins.elemAt (splitVersion v) 1;
  patch = v: builtins.elemAt (splitVersion v) 2;
  majorMinor = v: lib.strings.concatStringsSep "." (lib.lists.take 2 (splitVersion v));
  pad =
    n: version:
    let
      parts = splitVersion (builtins.head (lib.strings.splitString "-" version));
      suffix = lib.strings.removePrefix (builtins.head (lib.strings.splitString "-" version)) version;
      padded = lib.lists.take n (parts ++ lib.lists.replicate n "0");
    in
    lib.strings.concatStringsSep "." padded + suffix;
}
