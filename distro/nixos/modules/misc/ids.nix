# Fixed numbers of system users and groups, so that files keep their owners over re-installations.
{ lib, ... }:
{
  options.ids = {
    uids = lib.mkOption { internal = true; type = lib.types.attrsOf lib.types.int; description = "User ids of system users."; };
    gids = lib.mkOption { internal = true; type = lib.types.attrsOf lib.types.int; description = "Group ids of system groups."; };
  };
  config.ids = {
    uids = {
      root = 0;
      messagebus = 4;
      polkituser = 28;
      sshd = 2;
      nginx = 60;
      postgres = 71;
      systemd-journal-gateway = 110;
      systemd-network = 152;
      systemd-resolve = 153;
      systemd-timesync = 154;
      nobody = 65534;
    };
    gids = {
      root = 0;
      wheel = 1;
      kmem = 2;
      tty = 3;
      messagebus = 4;
      disk = 6;
      floppy = 18;
      uucp = 19;
      lp = 20;
      cdrom = 24;
      tape = 25;
      audio = 17;
      video = 26;
      dialout = 27;
      polkituser = 28;
      utmp = 29;
      nginx = 60;
      systemd-journal = 62;
      postgres = 71;
      adm = 55;
      input = 174;
      systemd-network = 152;
      systemd-resolve = 153;
      systemd-timesync = 154;
      render = 303;
      sgx = 304;
      kvm = 302;
      users = 100;
      nogroup = 65534;
    };
  };
}
