# Programs of Debian look for helpers in fixed places that a machine of ours does not have. Those places are patched, in
# equal length, to names below /run/s (and /run/modules, /nix/systemd, /nix/udev), which the boot makes before systemd starts.
#
# `places`: what each name leads to; a function of the package set. `patch`: the replacements, by the text that is replaced.
let
  # Text of the same length: slashes in front make up for what is missing.
  pad =
    from: to:
    let
      missing = builtins.stringLength from - builtins.stringLength to;
    in
    assert missing >= 0;
    builtins.concatStringsSep "" (builtins.genList (_: "/") missing) + to;
  padded = from: to: { inherit from; to = pad from to; };
in
rec {
  patch = {
    systemd = [
      # A prefix of many names; state below /var/lib/systemd stays where it is. The last part must stay too: the linker
      # lets "/systemd" alone, as in $XDG_RUNTIME_DIR/systemd, be the end of the longer text.
      { from = "/lib/systemd"; to = "/nix/systemd"; unlessAfter = [ "/var" ]; }
      { from = "/lib/udev"; to = "/nix/udev"; unlessAfter = [ "/var" ]; }
      (padded "/bin/mount" "/run/s/mnt")
      (padded "/bin/umount" "/run/s/umnt")
      (padded "/sbin/swapon" "/run/s/swapn")
      (padded "/sbin/swapoff" "/run/s/swapof")
      (padded "/sbin/sulogin" "/run/s/sulogn")
      (padded "/bin/systemctl" "/run/s/sctl")
      (padded "/bin/systemd-tty-ask-password-agent" "/run/s/tty-ask-password-agent")
      (padded "/usr/sbin/nologin" "/run/s/nologin")
    ];
    libkmod2 = [ (padded "/lib/modules" "/run/modules") ];
    # depmod and modprobe take `-b` as a root in which lib/modules is meant as it stands
    kmod = [ { from = "/lib/modules"; to = "/run/modules"; unlessAfter = [ "%s" "root for " "filesystem root for " ]; } ];
    linux-pam = [ (padded "/sbin/unix_chkpwd" "/run/s/unix_chkpw") ];
    openssh = [
      (padded "/usr/local/bin:/usr/bin:/bin:/usr/games" "/run/current-system/sw/bin:/usr/bin")
      (padded "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "/run/wrappers/bin:/run/current-system/sw/bin:/usr/bin")
    ];
  };

  places = pkgs: {
    "/run/modules" = "/run/booted-system/kernel-modules/lib/modules";
    "/nix/systemd" = "${pkgs.systemd}/lib/systemd";
    "/nix/udev" = "${pkgs.systemd}/lib/udev";
    "/run/s/mnt" = "${pkgs.util-linux}/bin/mount";
    "/run/s/umnt" = "${pkgs.util-linux}/bin/umount";
    "/run/s/swapn" = "${pkgs.util-linux}/bin/swapon";
    "/run/s/swapof" = "${pkgs.util-linux}/bin/swapoff";
    "/run/s/sulogn" = "${pkgs.util-linux}/bin/sulogin";
    "/run/s/sctl" = "${pkgs.systemd}/bin/systemctl";
    "/run/s/tty-ask-password-agent" = "${pkgs.systemd}/bin/systemd-tty-ask-password-agent";
    "/run/s/nologin" = "${pkgs.shadow}/bin/nologin";
    "/run/s/unix_chkpw" = "/run/wrappers/bin/unix_chkpwd";
  };
}
