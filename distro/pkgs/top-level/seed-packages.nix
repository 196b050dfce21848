# nixpkgs' names for what the seeds give. `program` is what `lib.getExe` runs, where it is not the name itself.
{ sources }:
self: super:
let
  inherit (self) seeds;

  table = {
    acl.seed = "acl";
    attr.seed = "attr";
    bash = { seed = "bash"; passthru.shellPath = "/bin/bash"; };
    bashInteractive = { seed = "bash"; passthru.shellPath = "/bin/bash"; };
    bind = { seed = "bind9-host"; program = "host"; };
    binutils = { seed = "binutils"; program = "ld"; };
    busybox.seed = "busybox-static";
    busybox-static = { seed = "busybox-static"; program = "busybox"; };
    bzip2.seed = "bzip2";
    coreutils = { seed = "coreutils"; program = "ls"; };
    cpio.seed = "cpio";
    cron.seed = "cron";
    curl.seed = "curl";
    dash = { seed = "dash"; passthru.shellPath = "/bin/dash"; };
    dbus = { seed = "dbus"; program = "dbus-daemon"; };
    diffutils = { seed = "diffutils"; program = "diff"; };
    dnsmasq.seed = "dnsmasq-base";
    dosfstools = { seed = "dosfstools"; program = "mkfs.fat"; };
    e2fsprogs = { seed = "e2fsprogs"; program = "e2fsck"; };
    erofs-utils = { seed = "erofs-utils"; program = "mkfs.erofs"; };
    ethtool.seed = "ethtool";
    findutils = { seed = "findutils"; program = "find"; };
    gawk.seed = "gawk";
    gcc-unwrapped = { seed = "gcc"; program = "gcc-12"; };
    glibc = { seed = "libc6"; };
    gnugrep = { seed = "grep"; program = "grep"; };
    gnum4 = { seed = "m4"; program = "m4"; };
    gnumake = { seed = "make"; program = "make"; };
    gnupatch = { seed = "patch"; program = "patch"; };
    gnused = { seed = "sed"; program = "sed"; };
    gnutar = { seed = "tar"; program = "tar"; };
    gzip.seed = "gzip";
    iproute2 = { seed = "iproute2"; program = "ip"; };
    iptables.seed = "iptables";
    iputils = { seed = "iputils-ping"; program = "ping"; };
    jq.seed = "jq";
    kbd = { seed = "kbd"; program = "loadkeys"; };
    kmod.seed = "kmod";
    less.seed = "less";
    libcap = { seed = "libcap2-bin"; program = "capsh"; };
    linux-pam = { seed = "linux-pam"; };
    pam = { seed = "linux-pam"; };
    lvm2 = { seed = "dmsetup"; program = "dmsetup"; };
    mtools.seed = "mtools";
    nano.seed = "nano";
    ncurses = { seed = "ncurses"; program = "tput"; };
    netcat = { seed = "netcat-openbsd"; program = "nc"; };
    netcat-openbsd = { seed = "netcat-openbsd"; program = "nc"; };
    nftables = { seed = "nftables"; program = "nft"; };
    nginx.seed = "nginx";
    openssh = { seed = "openssh"; program = "ssh"; };
    parted.seed = "parted";
    patchelf.seed = "patchelf";
    pkg-config = { seed = "pkgconf"; program = "pkgconf"; };
    polkit = { seed = "polkitd"; program = "pkcheck"; };
    procps = { seed = "procps"; program = "ps"; };
    psmisc = { seed = "psmisc"; program = "killall"; };
    rsync.seed = "rsync";
    shadow = { seed = "shadow"; program = "login"; };
    socat.seed = "socat";
    strace.seed = "strace";
    sudo.seed = "sudo";
    tcpdump.seed = "tcpdump";
    tzdata.seed = "tzdata";
    util-linux = { seed = "util-linux"; program = "mount"; };
    vim = { seed = "vim-tiny"; program = "vim"; };
    wget.seed = "wget";
    xz = { seed = "xz-utils"; program = "xz"; };
    zlib.seed = "zlib1g";
    zstd.seed = "zstd";
  };

  toPackage =
    name:
    { seed, program ? name, passthru ? { } }:
    let
      found = seeds.${seed};
    in
    found // { meta = found.meta // { mainProgram = program; }; } // passthru;
in
builtins.mapAttrs toPackage table
// {
  sourceTarballs = sources;
}
