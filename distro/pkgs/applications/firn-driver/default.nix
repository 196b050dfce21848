# The driver of this project, to run VM tests inside builds: the folders that it consists of, with its npm packages beside
# them. A test file must lie in a copy of it, since imports such as `#driver/api.ts` go by the package.json above a file.
{ runCommand, nodeModules, lib }:
let
  root = ../../../..;
  folder =
    path:
    builtins.path {
      name = baseNameOf path;
      path = root + "/${path}";
      filter = file: type: type == "directory" || (lib.hasSuffix ".ts" file && !lib.hasSuffix ".test.ts" file) || (type == "regular" && !lib.hasSuffix ".ts" file && !lib.hasSuffix ".md" file);
    };
  modules = nodeModules { roots = [ "execa" "rxjs" "valibot" ]; };
in
runCommand "firn-driver"
  {
    passthru = { nodeModules = modules; };
  }
  ''
    mkdir -p $out/store
    cp -r ${folder "driver"} $out/driver
    cp -r ${folder "store/std"} $out/store/std
    cp ${root + "/package.json"} $out/package.json
    ln -s ${modules}/node_modules $out/node_modules
  ''
