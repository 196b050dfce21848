# nixpkgs' names for what the seeds give. `debs` are Debian packages: one is taken as it is, several are joined into a
# folder of symlinks. `program` is what `lib.getExe` runs, where it is not the name itself.
{ sources }:
self: super:
let
  inherit (self) lib seeds symlinkJoin;

  table = {
    acl.debs = [ "acl" ];
    attr.debs = [ "attr" ];
    autoconf.debs = [ "autoconf" ];
    automake.debs = [ "automake" ];
    bash = { debs = [ "bash" ]; passthru.shellPath = "/bin/bash"; };
    bashInteractive = { debs = [ "bash" ]; passthru.shellPath = "/bin/bash"; };
    bind.debs = [ "bind9-host" ];
    binutils = { debs = [ "binutils" "binutils-x86-64-linux-gnu" ]; program = "ld"; };
    bison.debs = [ "bison" ];
    busybox.debs = [ "busybox-static" ];
    bzip2.debs = [ "bzip2" ];
    coreutils = { debs = [ "coreutils" ]; program = "ls"; };
    cpio.debs = [ "cpio" ];
    cron.debs = [ "cron" ];
    curl.debs = [ "curl" ];
    dash = { debs = [ "dash" ]; passthru.shellPath = "/bin/dash"; };
    diffutils = { debs = [ "diffutils" ]; program = "diff"; };
    dnsmasq.debs = [ "dnsmasq-base" ];
    dosfstools = { debs = [ "dosfstools" ]; program = "mkfs.fat"; };
    e2fsprogs = { debs = [ "e2fsprogs" "logsave" ]; program = "e2fsck"; };
    erofs-utils = { debs = [ "erofs-utils" ]; program = "mkfs.erofs"; };
    ethtool.debs = [ "ethtool" ];
    file.debs = [ "file" ];
    findutils = { debs = [ "findutils" ]; program = "find"; };
    flex.debs = [ "flex" ];
    gawk.debs = [ "gawk" ];
    gcc-unwrapped = { debs = [ "gcc-12" "cpp-12" "g++-12" ]; program = "gcc-12"; };
    gitMinimal = { debs = [ "git" ]; program = "git"; };
    git.debs = [ "git" ];
    glibc = { debs = [ "libc6" "libc-bin" ]; program = "ldd"; };
    gnugrep = { debs = [ "grep" ]; program = "grep"; };
    gnumake = { debs = [ "make" ]; program = "make"; };
    gnupatch = { debs = [ "patch" ]; program = "patch"; };
    gnused = { debs = [ "sed" ]; program = "sed"; };
    gnutar = { debs = [ "tar" ]; program = "tar"; };
    gnum4 = { debs = [ "m4" ]; program = "m4"; };
    gzip.debs = [ "gzip" ];
    iproute2 = { debs = [ "iproute2" ]; program = "ip"; };
    iptables.debs = [ "iptables" ];
    iputils = { debs = [ "iputils-ping" ]; program = "ping"; };
    jq.debs = [ "jq" ];
    kbd = { debs = [ "kbd" ]; program = "loadkeys"; };
    kmod.debs = [ "kmod" ];
    less.debs = [ "less" ];
    libcap = { debs = [ "libcap2-bin" "libcap2" ]; program = "capsh"; };
    lvm2 = { debs = [ "dmsetup" ]; program = "dmsetup"; };
    mtools.debs = [ "mtools" ];
    nano.debs = [ "nano" ];
    ncurses = { debs = [ "ncurses-bin" "ncurses-base" "libtinfo6" "libncursesw6" ]; program = "tput"; };
    netcat = { debs = [ "netcat-openbsd" ]; program = "nc"; };
    netcat-openbsd = { debs = [ "netcat-openbsd" ]; program = "nc"; };
    nftables = { debs = [ "nftables" ]; program = "nft"; };
    nginx.debs = [ "nginx" "nginx-common" ];
    openssh = { debs = [ "openssh-client" "openssh-server" "openssh-sftp-server" ]; program = "ssh"; };
    parted.debs = [ "parted" ];
    patchelf.debs = [ "patchelf" ];
    perl = { debs = [ "perl" "perl-base" ]; };
    pkg-config = { debs = [ "pkgconf" "pkgconf-bin" ]; program = "pkgconf"; };
    polkit = { debs = [ "polkitd" ]; program = "pkcheck"; };
    procps = { debs = [ "procps" ]; program = "ps"; };
    psmisc = { debs = [ "psmisc" ]; program = "killall"; };
    rsync.debs = [ "rsync" ];
    shadow = { debs = [ "passwd" "login" ]; program = "login"; };
    socat.debs = [ "socat" ];
    strace.debs = [ "strace" ];
    sudo.debs = [ "sudo" ];
    tcpdump.debs = [ "tcpdump" ];
    tzdata.debs = [ "tzdata" ];
    util-linux = { debs = [ "util-linux" "util-linux-extra" "mount" "bsdutils" "fdisk" ]; program = "mount"; };
    vim = { debs = [ "vim-tiny" ]; program = "vim"; };
    wget.debs = [ "wget" ];
    xz = { debs = [ "xz-utils" ]; program = "xz"; };
    zlib.debs = [ "zlib1g" ];
    zstd.debs = [ "zstd" ];
  };

  toPackage =
    name:
    { debs, program ? name, passthru ? { } }:
    let
      first = seeds.${builtins.head debs};
      joined = symlinkJoin {
        inherit name;
        paths = map (deb: seeds.${deb}) debs;
        meta = meta;
      };
      meta = first.meta // { mainProgram = program; };
    in
    (if builtins.length debs == 1 then first else joined // { inherit (first) version; pname = name; })
    // { inherit meta; }
    // passthru;
in
builtins.mapAttrs toPackage table
// {
  sourceTarballs = sources;
}
