# Node as its own project builds it, from the registry of npm: the one program that runs all of this project.
{ runCommand, bootstrapTools, seeds, patchelf, lib, nodejsVersion }:
let
  drv = runCommand "nodejs-${nodejsVersion}"
    {
      nativeBuildInputs = [ patchelf ];
      tarball = bootstrapTools.nodejsTarball;
      runPath = lib.makeLibraryPath [ seeds.libc6 seeds."libstdc++6" seeds.libgcc-s1 ];
    }
    ''
      tar -xzf $tarball package/bin/node
      mkdir -p $out/bin
      mv package/bin/node $out/bin/node
      interpreter=${seeds.libc6}/lib/$(basename $(patchelf --print-interpreter $out/bin/node))
      patchelf --set-interpreter $interpreter --set-rpath $runPath $out/bin/node
    '';
in
drv // { version = nodejsVersion; pname = "nodejs"; meta = drv.meta // { mainProgram = "node"; }; }
