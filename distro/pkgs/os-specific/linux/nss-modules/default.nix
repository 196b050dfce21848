# The modules of the name service switch besides those inside the C library, and the only way to find them without /lib:
# a cache of the dynamic linker that holds nothing else, for /etc/ld.so.cache. libgcc_s is among them since the C library
# opens it when a thread ends or is cancelled.
{ runCommand, seeds, systemd, buildPackages }:
runCommand "nss-modules" { } ''
  mkdir -p $out/lib $out/etc
  for module in ${systemd}/lib/libnss_*.so.2 ${seeds.libgcc-s1}/lib/libgcc_s.so.1; do
    ln -s "$module" $out/lib/
  done
  echo $out/lib >ld.so.conf
  ${buildPackages.seeds.libc-bin}/bin/ldconfig -X -f ld.so.conf -C $out/etc/ld.so.cache
''
