# One machine from its configuration: `nix-build '<nixpkgs/nixos>' -A system --arg configuration ./configuration.nix`.
{
  configuration ? import ./lib/from-env.nix "NIXOS_CONFIG" <nixos-config>,
  system ? builtins.currentSystem,
  specialArgs ? { },
}:
let
  eval = import ./lib/eval-config.nix {
    inherit system specialArgs;
    modules = [ configuration ];
  };
  vmEval = eval.extendModules { modules = [ ./modules/virtualisation/qemu-vm.nix ./modules/virtualisation/vm-console.nix ]; };
in
{
  inherit (eval) pkgs config options;
  system = eval.config.system.build.toplevel;
  # The same configuration with the devices of a virtual machine: `machine.json` and `store-paths` for the driver.
  vm = vmEval.config.system.build.vm;
  vmConfig = vmEval.config;
}
