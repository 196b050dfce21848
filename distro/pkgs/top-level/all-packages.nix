# Packages that are more than a name for a seed, and aliases.
self: super:
let
  inherit (self) lib callPackage seeds;
  perlLibraries = lib.concatMapStringsSep ":" (folder: "${seeds.perl}/${folder}") [ "lib/perl/5.36" "lib/perl-base" "share/perl/5.36" "share/perl5" ];
in
{
  cacert = callPackage ../data/cacert { };
  systemd = callPackage ../os-specific/linux/systemd { };
  udev = self.systemd;
  nssModules = callPackage ../os-specific/linux/nss-modules { };
  systemdMinimal = self.systemd;

  wrapPrograms = callPackage ../build-support/wrap-programs.nix { };
  perl = self.wrapPrograms {
    package = seeds.perl;
    programs = [ "perl" ];
    variables.PERL5LIB = perlLibraries;
  };
  autoconf = self.wrapPrograms {
    package = seeds.autoconf;
    programs = [ "autoconf" "autoheader" "autom4te" "autoreconf" "autoscan" "autoupdate" "ifnames" ];
    variables = {
      PERL5LIB = perlLibraries;
      AUTOM4TE = "${placeholder "out"}/bin/autom4te";
      M4 = lib.getExe self.gnum4;
    };
    arguments.autom4te = [ "--prepend-include=${seeds.autoconf}/share/autoconf" ];
  };
  automake = self.wrapPrograms {
    package = seeds.automake;
    programs = [ "automake" "aclocal" ];
    variables = { PERL5LIB = perlLibraries; AUTOM4TE = "${self.autoconf}/bin/autom4te"; };
    arguments.automake = [ "--libdir=${seeds.automake}/share/automake-1.16" ];
    arguments.aclocal = [ "--automake-acdir=${seeds.automake}/share/aclocal-1.16" "--system-acdir=${seeds.pkgconf}/share/aclocal" ];
  };
  bison = self.wrapPrograms {
    package = seeds.bison;
    programs = [ "bison" ];
    variables = { BISON_PKGDATADIR = "${seeds.bison}/share/bison"; M4 = lib.getExe self.gnum4; };
  };
  flex = self.wrapPrograms {
    package = seeds.flex;
    programs = [ "flex" ];
    variables.M4 = lib.getExe self.gnum4;
  };
  file = self.wrapPrograms {
    package = seeds.file;
    programs = [ "file" ];
    variables.MAGIC = "${seeds.libmagic-mgc}/lib/file/magic.mgc";
  };
  git = self.wrapPrograms {
    package = seeds.git;
    programs = [ "git" ];
    variables = { GIT_EXEC_PATH = "${seeds.git}/lib/git-core"; GIT_TEMPLATE_DIR = "${seeds.git}/share/git-core/templates"; };
  };
  gitMinimal = self.git;

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
