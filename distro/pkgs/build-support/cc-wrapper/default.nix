# gcc that finds headers, start files, libraries and the dynamic linker in the store. Variables as in nixpkgs:
# NIX_CFLAGS_COMPILE and NIX_LDFLAGS (flags of the linker, such as `-L` and `-rpath`) come from setup.sh.
{
  lib,
  runCommand,
  seeds,
  bash,
}:
let
  gcc = seeds.gcc;
  binutils = seeds.binutils;
  libc = seeds.libc6;
  libcDev = seeds.libc-dev;
  drv = runCommand "gcc-wrapper-${gcc.version}"
    {
      inherit gcc binutils libc libcDev;
      shell = "${bash}/bin/bash";
      runtimeLibraries = lib.makeLibraryPath [ seeds.libgcc-s1 seeds."libstdc++6" ];
      wrapper = ./wrapper.sh;
      passthru = { cc = gcc; isGNU = true; inherit libc; bintools = binutils; };
    }
    ''
      mkdir -p $out/bin $out/nix-support
      for tool in $binutils/bin/*; do
        name=''${tool##*/}
        case $name in *-linux-gnu*-*) ;; *) ln -s "$tool" "$out/bin/$name" ;; esac
      done
      interpreter=$(echo $libc/lib/ld-linux*.so.*)
      major=$(ls $gcc/lib/gcc/*/ | head -n 1)
      for name in gcc g++ cpp; do
        substitute "$wrapper" "$out/bin/$name" \
          --subst-var shell --subst-var libc --subst-var libcDev --subst-var out --subst-var runtimeLibraries \
          --subst-var-by program "$gcc/bin/$name-$major" --subst-var-by interpreter "$interpreter"
        chmod +x "$out/bin/$name"
      done
      ln -s gcc $out/bin/cc
      ln -s g++ $out/bin/c++
      echo "export CC=gcc CXX=g++ AR=ar AS=as LD=ld NM=nm RANLIB=ranlib STRIP=strip OBJCOPY=objcopy" >$out/nix-support/setup-hook
    '';
in
drv // { inherit (gcc) version; pname = "gcc-wrapper"; }
