# `<nix/fetchurl.nix>`: a download by the store itself, no package needed. The attributes are an interface: each one is part
# of the derivation, so adding or leaving out any changes every store path that was made through this file.
{
  url,
  name ? baseNameOf (toString url),
  hash ? "",
  sha512 ? "",
  sha256 ? "",
  sha1 ? "",
  md5 ? "",
  outputHash ? null,
  outputHashAlgo ? null,
  executable ? false,
  unpack ? false,
  system ? "",
  impure ? false,
}:

let
  given = builtins.filter (candidate: candidate.value != "") [
    { value = hash; algorithm = ""; }
    { value = sha512; algorithm = "sha512"; }
    { value = sha1; algorithm = "sha1"; }
    { value = md5; algorithm = "md5"; }
  ];
  chosen = builtins.head (given ++ [ { value = sha256; algorithm = "sha256"; } ]);
in
derivation {
  inherit name url executable unpack;
  outputHash = if outputHash != null then outputHash else chosen.value;
  outputHashAlgo = if outputHashAlgo != null then outputHashAlgo else chosen.algorithm;
  outputHashMode = if unpack || executable then "recursive" else "flat";
  builder = "builtin:fetchurl";
  system = "builtin";
  preferLocalBuild = true;
  impureEnvVars = [ "http_proxy" "https_proxy" "ftp_proxy" "all_proxy" "no_proxy" ];
  urls = [ url ];
}
