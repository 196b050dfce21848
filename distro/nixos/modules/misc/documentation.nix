# Documentation on the machine. There is none yet; the switches are there so that configurations may turn them off.
{ lib, ... }:
{
  options.documentation = lib.genAttrs [ "enable" ] (_: lib.mkOption { type = lib.types.bool; default = false; description = "Whether documentation is installed."; })
    // lib.genAttrs [ "man" "doc" "info" "nixos" "dev" ] (name: { enable = lib.mkOption { type = lib.types.bool; default = false; description = "Whether documentation of the kind '${name}' is installed."; }; });
}
