# Packages that are more than a name for a seed, and aliases.
self: super:
let
  inherit (self) lib callPackage seeds;
in
{
  cacert = callPackage ../data/cacert { };
  systemd = callPackage ../os-specific/linux/systemd { };
  udev = self.systemd;
  nssModules = callPackage ../os-specific/linux/nss-modules { };
  systemdMinimal = self.systemd;

  linuxPackages = self.linuxPackagesFor (callPackage ../os-specific/linux/kernel { });
  linuxPackages_latest = self.linuxPackages;
  linuxPackagesFor = kernel: lib.recurseIntoAttrs { inherit kernel; kernelOlder = lib.versionOlder kernel.version; kernelAtLeast = lib.versionAtLeast kernel.version; extend = _: self.linuxPackages; };
  linux = self.linuxPackages.kernel;

  qemu = callPackage ../applications/virtualization/qemu { };
  qemu_kvm = self.qemu;
  qemu_test = self.qemu;
  nodejs = callPackage ../development/web/nodejs { };
  nodejs_24 = self.nodejs;
  nodeModules = callPackage ../build-support/node-modules { };

  gcc = self.cc;
  makeWrapper = self.makeSetupHook { name = "make-wrapper-hook"; } ../build-support/make-wrapper.sh;
  formats = import ../build-support/formats.nix { inherit lib; pkgs = self; };
  tests = callPackage ../test { };
  firn-driver = callPackage ../applications/firn-driver { };
  hello = callPackage ../applications/misc/hello { };
}
