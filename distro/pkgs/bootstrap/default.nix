# The first stage: what relocates packages must itself run before anything is relocated. A handful of Debian packages is
# unpacked as it is by a builder inside the store (`builtin:unpack-deb`), and their programs run through their own dynamic
# linker, which is told where the libraries are. Nothing made later keeps a reference to this stage.
{
  system,
  triplet,
  dynamicLinker,
  lock,
  nodejsLock,
  fetchurl,
  fetchSeed,
}:
let
  unpack =
    name:
    derivation {
      name = "${name}-unpacked";
      inherit system;
      builder = "builtin:unpack-deb";
      deb = fetchSeed lock.packages.${name};
      preferLocalBuild = true;
    };

  libc = unpack "libc6";
  busybox = "${unpack "busybox-static"}/bin/busybox";
  libraryPath = builtins.concatStringsSep ":" [
    "${libc}/lib/${triplet}"
    "${unpack "libgcc-s1"}/lib/${triplet}"
    "${unpack "libstdc++6"}/usr/lib/${triplet}"
    "${unpack "liblzma5"}/lib/${triplet}"
  ];

  # A program of this stage as a command and its first arguments.
  command = program: [ "${libc}/lib/${triplet}/${dynamicLinker}" "--library-path" libraryPath program ];

  nodejsTarball = fetchurl {
    url = "mirror://npm/${nodejsLock.path}";
    hash = nodejsLock.integrity;
  };
in
{
  inherit nodejsTarball busybox;
  nodejsVersion = nodejsLock.version;

  node = command "${
    derivation {
      name = "nodejs-unpacked-${nodejsLock.version}";
      inherit system busybox;
      tarball = nodejsTarball;
      builder = busybox;
      args = [ "sh" "-ec" "$busybox mkdir $out; $busybox tar -xzf $tarball -C $out --strip-components=2 package/bin/node" ];
    }
  }/node";
  xz = command "${unpack "xz-utils"}/usr/bin/xz";
  patchelf = command "${unpack "patchelf"}/usr/bin/patchelf";
}
