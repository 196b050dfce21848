# case: fetchurl wants a URL
builtins.fetchurl { }
# case: fetchurl names what it does not know
builtins.fetchurl { url = "http://127.0.0.1:1/x"; foo = 1; }
# case: fetchTarball names what it does not know
fetchTarball { url = "http://127.0.0.1:1/x"; narHash = ""; }
# case: fetchGit has no type
fetchGit { type = "git"; url = "/nowhere"; }
# case: fetchGit takes text, truths and numbers
fetchGit { url = "/nowhere"; ref = [ ]; }
# case: fetchGit refuses what is no number of revisions
fetchGit { url = "/nowhere"; revCount = -1; }
# case: fetchMercurial names what it does not know
fetchMercurial { url = "/nowhere"; ref = "x"; }
# case: fetchClosure needs its feature
builtins.fetchClosure { fromStore = "http://127.0.0.1:1"; fromPath = /nix/store/x; }
# case: an output of the name drvPath would hide the derivation
# differs: 2.8 refuses the name drv
(derivation { name = "x"; system = "s"; builder = "b"; outputs = [ "drvPath" ]; }).drvPath
# case: a mode that is none
(derivation { name = "x"; system = "s"; builder = "b"; outputHash = ""; outputHashAlgo = "sha256"; outputHashMode = "both"; }).drvPath
