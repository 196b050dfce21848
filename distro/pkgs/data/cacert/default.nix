# The certificates of Mozilla's authorities, as one file.
{ runCommand, seeds }:
let
  bundle = runCommand "nss-cacert-${seeds.ca-certificates.version}" { } ''
    mkdir -p $out/etc/ssl/certs
    cat ${seeds.ca-certificates}/share/ca-certificates/mozilla/*.crt >$out/etc/ssl/certs/ca-bundle.crt
  '';
in
bundle // { inherit (seeds.ca-certificates) version; }
