# Platforms: a system string ("x86_64-linux") or a set that names one, elaborated into what packages ask of it.
{ lib }:
let
  cpus = {
    x86_64 = { bits = 64; family = "x86"; linuxArch = "x86_64"; qemuArch = "x86_64"; kernelTarget = "bzImage"; };
    i686 = { bits = 32; family = "x86"; linuxArch = "i386"; qemuArch = "i386"; kernelTarget = "bzImage"; };
    aarch64 = { bits = 64; family = "arm"; linuxArch = "arm64"; qemuArch = "aarch64"; kernelTarget = "Image"; };
    armv7l = { bits = 32; family = "arm"; linuxArch = "arm"; qemuArch = "arm"; kernelTarget = "zImage"; };
  };
  abiOf = cpu: if cpu == "armv7l" then "gnueabihf" else "gnu";
  loaders = {
    x86_64 = "ld-linux-x86-64.so.2";
    i686 = "ld-linux.so.2";
    aarch64 = "ld-linux-aarch64.so.1";
    armv7l = "ld-linux-armhf.so.3";
  };
in
rec {
  flakeExposed = [ "x86_64-linux" "i686-linux" "aarch64-linux" "armv7l-linux" ];
  doubles = {
    all = flakeExposed;
    linux = flakeExposed;
    unix = flakeExposed;
    gnu = flakeExposed;
    x86_64 = [ "x86_64-linux" ];
    i686 = [ "i686-linux" ];
    x86 = [ "i686-linux" "x86_64-linux" ];
    aarch64 = [ "aarch64-linux" ];
    arm = [ "armv7l-linux" ];
    armv7 = [ "armv7l-linux" ];
    darwin = [ ];
    windows = [ ];
    freebsd = [ ];
    none = [ ];
  };
  systemToAttrs = s: if builtins.isAttrs s then s else { system = s; };

  elaborate =
    systemOrArgs:
    let
      args = systemToAttrs systemOrArgs;
      parts = lib.strings.splitString "-" (args.system or args.config);
      cpuName = builtins.head parts;
      cpu = cpus.${cpuName} or (throw "lib.systems.elaborate: unknown processor '${cpuName}' in '${args.system or args.config}'");
      final = {
        system = "${cpuName}-linux";
        config = "${cpuName}-unknown-linux-${abiOf cpuName}${lib.strings.optionalString (cpuName == "armv7l") ""}";
        parsed = {
          cpu = { name = cpuName; inherit (cpu) bits family; significantByte = { name = "littleEndian"; }; };
          kernel = { name = "linux"; };
          abi = { name = abiOf cpuName; };
          vendor = { name = "unknown"; };
        };
        libc = "glibc";
        inherit (cpu) linuxArch qemuArch;
        dynamicLinker = loaders.${cpuName};
        linux-kernel = { target = cpu.kernelTarget; name = cpuName; };
        isLinux = true;
        isUnix = true;
        isGnu = true;
        isDarwin = false;
        isBSD = false;
        isFreeBSD = false;
        isWindows = false;
        isCygwin = false;
        isMusl = false;
        isStatic = false;
        is64bit = cpu.bits == 64;
        is32bit = cpu.bits == 32;
        isx86 = cpu.family == "x86";
        isx86_64 = cpuName == "x86_64";
        isx86_32 = cpuName == "i686";
        isi686 = cpuName == "i686";
        isAarch = cpu.family == "arm";
        isAarch32 = cpuName == "armv7l";
        isAarch64 = cpuName == "aarch64";
        isArmv7 = cpuName == "armv7l";
        isRiscV = false;
        isPower = false;
        isMips = false;
        isLittleEndian = true;
        isBigEndian = false;
        hasSharedLibraries = true;
        canExecute = other: other.system == final.system || (final.isx86_64 && other.system == "i686-linux");
        emulator = pkgs: "${pkgs.qemu}/bin/qemu-${final.qemuArch}";
        uname = { system = "Linux"; processor = cpuName; release = null; };
        extensions = { sharedLibrary = ".so"; staticLibrary = ".a"; library = ".so"; executable = ""; };
      } // builtins.removeAttrs args [ "system" ];
    in
    final;
  equals = a: b: (elaborate a).system == (elaborate b).system;
  inspect.predicates = { };
}
