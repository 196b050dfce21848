# Debian packages that belong together and become one store path under the first name: their files look for each other
# next to themselves (gcc its compilers proper, QEMU its firmware, systemd its libraries and helpers), or nixpkgs has them
# as one package. Other packages that depend on a member get the family.
{
  binutils = [ "binutils" "binutils-common" "binutils-x86-64-linux-gnu" "binutils-aarch64-linux-gnu" "libbinutils" "libctf0" "libctf-nobfd0" "libgprofng0" ];
  dbus = [ "dbus" "dbus-bin" "dbus-daemon" "dbus-system-bus-common" ];
  e2fsprogs = [ "e2fsprogs" "logsave" ];
  gcc = [ "gcc-12" "cpp-12" "g++-12" "libgcc-12-dev" "libstdc++-12-dev" "libcc1-0" ];
  git = [ "git" ];
  libc-dev = [ "libc6-dev" "linux-libc-dev" "libc-dev-bin" "libcrypt-dev" "libnsl-dev" "libtirpc-dev" ];
  linux-pam = [ "libpam-modules" "libpam-modules-bin" "libpam-runtime" ];
  ncurses = [ "ncurses-bin" "ncurses-base" ];
  nginx = [ "nginx" "nginx-common" ];
  openssh = [ "openssh-client" "openssh-server" "openssh-sftp-server" ];
  parted = [ "parted" "libparted2" ];
  perl = [ "perl" "perl-base" "perl-modules-5.36" "libperl5.36" ];
  pkgconf = [ "pkgconf" "pkgconf-bin" "libpkgconf3" ];
  qemu = [ "qemu-system-x86" "qemu-system-arm" "qemu-system-common" "qemu-system-data" "qemu-utils" "seabios" "ipxe-qemu" "qemu-efi-aarch64" ];
  shadow = [ "passwd" "login" ];
  systemd = [
    "systemd" "libsystemd-shared" "udev" "systemd-sysv" "systemd-timesyncd" "systemd-resolved" "libpam-systemd" "libnss-systemd"
    "libnss-myhostname" "libnss-resolve"
  ];
  util-linux = [ "util-linux" "util-linux-extra" "mount" "bsdutils" "fdisk" ];
}
