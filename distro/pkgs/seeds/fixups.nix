# Departures from what relocation does to every Debian package, by package name; the fields are those of `Fixups` in
# ../build-support/relocate/relocation-spec.ts, and `depends`: packages that are inputs besides those of the lock.
{
  # The C library and its dynamic linker work as they are; patchelf would harm them. Converters of character sets are
  # looked up in a fixed place that no store path can be.
  libc6 = {
    keepElf = true;
    remove = [ "^lib/gconv/" ];
  };
  bash.links."bin/sh" = "bash";
  libext2fs2.depends = [ "libcom-err2" ];
  iproute2.allowMissing = [ "libatm.so.1" ];
  linux-image.kernel = true;

  # Names that Debian gives through alternatives.
  gawk.links."bin/awk" = "gawk";
  netcat-openbsd.links."bin/nc" = "nc.openbsd";
  netcat-openbsd.links."bin/netcat" = "nc.openbsd";
  vim-tiny.links."bin/vim" = "vim.tiny";
  vim-tiny.links."bin/vi" = "vim.tiny";
}
