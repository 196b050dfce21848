# What makes a machine testable: a root shell on hvc0 for the driver, a console that tells everything, and
# defaults that make failures quick and loud. The shell speaks the protocol of NixOS's own backdoor.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types mkVMOverride mkDefault mkIf;
  cfg = config.testing;
  qemuSerial = "ttyS0";

  # Kept as it was born: a text for the host that is waiting, and then a shell that reads commands. Started as
  # soon as the console is there, without waiting for udev; nothing that it needs is mounted later.
  backdoor = {
    description = "Backdoor shell for the test driver";
    wantedBy = [ "sysinit.target" ];
    unitConfig = {
      DefaultDependencies = false;
      ConditionPathExists = "/dev/hvc0";
    };
    before = [ "shutdown.target" ];
    conflicts = [ "shutdown.target" ];
    enableDefaultPath = false;
    environment.USER = "root";
    serviceConfig = {
      ExecStart = "${backdoorScript}";
      KillSignal = "SIGHUP";
      Type = "simple";
    };
    restartIfChanged = false;
  };
  backdoorScript = pkgs.writeShellScript "backdoor" ''
    export USER=root HOME=/root DISPLAY=:0.0
    . /etc/profile
    # Commands are not shown page by page.
    export PAGER=
    # Interactive use finds these in the path of the system.
    cd /tmp
    exec < /dev/hvc0 > /dev/hvc0
    while ! exec 2> /dev/${qemuSerial}; do ${pkgs.coreutils}/bin/sleep 0.1; done
    echo "connecting to host..." >&2
    ${pkgs.coreutils}/bin/stty -F /dev/hvc0 raw -echo
    # The host waits for this line; nothing else may be written before its first command.
    echo "Spawning backdoor root shell..."
    # Without arguments a shell on a terminal would put it back into its own mode.
    PS1="" exec ${pkgs.bashInteractive}/bin/bash --norc /dev/hvc0
  '';
in
{
  options.testing = {
    backdoor = mkOption { type = types.bool; default = true; description = "Whether the driver's root shell is started."; };
    initrdBackdoor = mkOption { type = types.bool; default = false; description = "Not part of the system yet."; };
  };
  config = {
    assertions = [ { assertion = !cfg.initrdBackdoor; message = "testing.initrdBackdoor is not supported yet."; } ];
    systemd.services.backdoor = mkIf cfg.backdoor backdoor;

    # No login prompt where the driver speaks or reads.
    systemd.services."serial-getty@${qemuSerial}".enable = false;
    systemd.services."serial-getty@hvc0".enable = false;

    # Stop where something goes wrong badly, so that the driver sees it.
    boot.kernel.sysctl = {
      "kernel.hung_task_timeout_secs" = 600;
      # A test that runs out of memory is to fail, not to lose some process.
      "vm.panic_on_oom" = mkDefault 2;
    };
    boot.kernelParams = [ "boot.panic_on_fail" ];
    boot.consoleLogLevel = 7;
    boot.initrd.preDeviceCommands = ''
      echo 600 > /proc/sys/kernel/hung_task_timeout_secs 2>/dev/null
    '';

    # The journal goes to the console, which the driver records.
    services.journald.extraConfig = ''
      ForwardToConsole=yes
      TTYPath=/dev/${qemuSerial}
      MaxLevelConsole=debug
    '';
    services.journald.rateLimitBurst = mkDefault 0;
    # The log in memory is enough for a test, and faster.
    systemd.settings.Manager = {
      StatusUnitFormat = mkDefault "name";
      DefaultTimeoutStartSec = mkDefault 300;
      DefaultTimeoutStopSec = mkDefault 300;
      DefaultDeviceTimeoutSec = mkDefault 300;
      # Core dumps are found in the journal only.
      CrashReboot = false;
    };

    # Nothing waits for networks that a test does not have.
    networking.usePredictableInterfaceNames = mkDefault false;
    networking.useDHCP = mkDefault false;
    services.timesyncd.enable = mkDefault false;
    users.users.root.initialHashedPassword = mkVMOverride "";
    users.users.root.hashedPassword = mkVMOverride null;
    users.users.root.initialPassword = mkVMOverride null;
    users.users.root.password = mkVMOverride null;
    system.stateVersion = mkDefault lib.trivial.release;
    documentation.enable = mkDefault false;
    users.allowNoPasswordLogin = true;
  };
}
