# Departures from what relocation does to every Debian package, by package name; the fields are those of `Fixups` in
# ../build-support/relocate/relocation-spec.ts, and `depends`: packages that are inputs besides those of the lock.
let
  inherit (import ./runtime-links.nix) patch;
in
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
  linux-image = {
    kernel = true;
    remove = [ "^boot/System\\.map" ];
  };

  # In the shape that nixpkgs has: units are examples, of which the system takes those that it wants.
  systemd = {
    patchBytes = patch.systemd;
    move = {
      "lib/systemd/system" = "example/systemd/system";
      "lib/systemd/user" = "example/systemd/user";
    };
    patchText = [
      # there is D-Bus, though not in this place; without logind a shutdown waits for nothing
      {
        file = "example/systemd/system/systemd-logind.service";
        from = "ConditionPathExists=|/lib/systemd/system/dbus.service\nConditionPathExists=|/lib/systemd/system/dbus-broker.service\n";
        to = "";
      }
      { file = "example/systemd/system/kmod-static-nodes.service"; from = "/lib/modules/"; to = "/run/modules/"; }
    ];
    remove = [
      # the hardware database is 20 MB of names of devices
      "^lib/udev/hwdb\\.d/"
      "^lib/(kernel|lsb)/"
      "^lib/systemd/system/(x11-common|rc|rcS|rc-local|hwclock|cryptdisks.*|procps)\\.service$"
      # generators for what these machines do not have; each costs time at every boot
      "^lib/systemd/system-generators/systemd-(gpt-auto|rc-local|sysv|system-update|integritysetup|veritysetup)-generator$"
    ];
    depends = [ "util-linux" "kmod" "coreutils" "libbpf1" "libip4tc2" "libidn2-0" ];
    opens."^lib/systemd/(libsystemd-.*|systemd-networkd|systemd-nspawn)$" = [
      "libkmod.so.2" "libcryptsetup.so.12" "libbpf.so.1" "libidn2.so.0" "libgcrypt.so.20" "libseccomp.so.2" "libacl.so.1" "libip4tc.so.2"
    ];
  };
  kmod.patchBytes = patch.kmod;
  libkmod2.patchBytes = patch.libkmod2;
  linux-pam.patchBytes = patch.linux-pam;
  openssh.patchBytes = patch.openssh;

  # Names that Debian gives through alternatives.
  gawk.links."bin/awk" = "gawk";
  netcat-openbsd.links."bin/nc" = "nc.openbsd";
  netcat-openbsd.links."bin/netcat" = "nc.openbsd";
  automake.links."bin/automake" = "automake-1.16";
  automake.links."bin/aclocal" = "aclocal-1.16";
  iptables.links = builtins.listToAttrs (
    map (name: { name = "bin/${name}"; value = "xtables-nft-multi"; }) [
      "iptables" "iptables-save" "iptables-restore" "ip6tables" "ip6tables-save" "ip6tables-restore"
    ]
  );
  vim-tiny.links."bin/vim" = "vim.tiny";
  vim-tiny.links."bin/vi" = "vim.tiny";

  # `${pkgs.nginx}/conf/mime.types`, as in nixpkgs
  nginx.links."conf" = "etc/nginx";

  # QEMU looks for its modules in a folder of the triplet, relative to its own program. Without sound, Spice and OpenGL.
  qemu = {
    links = {
      "lib/x86_64-linux-gnu" = ".";
      "lib/aarch64-linux-gnu" = ".";
    };
    remove = [ "^lib/qemu/(audio-|chardev-|hw-display-(qxl|.*gl)|hw-s390x|hw-usb-smartcard|ui-(dbus|egl|opengl|spice)).*" ];
  };
}
