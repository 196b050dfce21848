# case: fetchTarball and fetchurl are there
[ (builtins.typeOf fetchTarball) (builtins.typeOf builtins.fetchurl) ]
# case: convertHash
# differs: added after Nix 2.8
builtins.convertHash { hash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; toHashFormat = "base16"; }
