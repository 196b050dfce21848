# A virtual machine for a person at its serial console: logged in as root, with no network but QEMU's own.
{ lib, ... }:
{
  services.getty.autologinUser = lib.mkDefault "root";
  users.allowNoPasswordLogin = lib.mkDefault true;
  virtualisation.vlans = lib.mkDefault [ ];
}
