# One file from an address, as a fixed output. `mirror://debian/<path in the archive>` and `mirror://npm/<path>` are
# resolved by the builder through what the host's apt and npm are configured with.
{ lib }:
{
  url ? "",
  urls ? [ ],
  name ? baseNameOf (toString (if url != "" then url else builtins.head urls)),
  hash ? "",
  sha256 ? "",
  sha512 ? "",
  sha1 ? "",
  executable ? false,
  meta ? { },
  passthru ? { },
  ...
}:
let
  given = builtins.filter (entry: entry.value != "") [
    { algorithm = null; value = hash; }
    { algorithm = "sha256"; value = sha256; }
    { algorithm = "sha512"; value = sha512; }
    { algorithm = "sha1"; value = sha1; }
  ];
  inherit (if given == [ ] then throw "fetchurl: '${name}' has no hash" else builtins.head given) algorithm value;
  isSri = builtins.match "(md5|sha1|sha256|sha512)-.*" value != null;
  allUrls = (if url == "" then [ ] else [ url ]) ++ urls;
  drv = derivation (
    {
      name = lib.strings.sanitizeDerivationName name;
      system = "builtin";
      builder = "builtin:fetchurl";
      outputHash = value;
      outputHashMode = "flat";
      url = builtins.head allUrls;
      urls = allUrls;
      inherit executable;
      unpack = false;
      preferLocalBuild = true;
      impureEnvVars = [ "http_proxy" "https_proxy" "ftp_proxy" "all_proxy" "no_proxy" ];
    }
    // (if isSri || algorithm == null then { } else { outputHashAlgo = algorithm; })
  );
in
drv // { inherit meta passthru; url = builtins.head allUrls; urls = allUrls; } // passthru
