# The driver of this project, to run VM tests inside builds: the folders that it consists of, with its npm packages beside
# them. `firn-driver run --output <folder> <test file>` gives a test file a place next to them, since imports such as
# `#driver/api.ts` go by the package.json above a file.
{ runCommand, nodeModules, nodejs, runtimeShell, coreutils, lib }:
let
  root = ../../../..;
  isKept = file: !lib.hasSuffix ".test.ts" file && !lib.hasSuffix ".md" file;
  folder =
    path:
    builtins.path {
      name = baseNameOf path;
      path = root + "/${path}";
      filter = file: type: if type == "directory" then !builtins.elem (baseNameOf file) [ "tests" "bench" "fuzz" ] else isKept file;
    };
  modules = nodeModules { roots = [ "execa" "rxjs" "valibot" ]; };
in
runCommand "firn-driver"
  {
    inherit runtimeShell coreutils nodejs;
    meta.mainProgram = "firn-driver";
    passthru.nodeModules = modules;
  }
  ''
    mkdir -p $out/store $out/bin
    cp -r ${folder "driver"} $out/driver
    cp -r ${folder "store/std"} $out/store/std
    cp ${root + "/package.json"} $out/package.json
    ln -s ${modules}/node_modules $out/node_modules
    substitute ${./firn-driver.sh} $out/bin/firn-driver \
      --subst-var runtimeShell --subst-var coreutils --subst-var nodejs --subst-var out
    chmod +x $out/bin/firn-driver
  ''
