# Who looks after a module, and its documentation.
{ lib, ... }:
{
  options.meta = {
    maintainers = lib.mkOption {
      type = lib.types.listOf lib.types.unspecified;
      internal = true;
      default = [ ];
      description = "People who look after the module.";
    };
    doc = lib.mkOption { type = lib.types.unspecified; internal = true; default = null; description = "Documentation of the module."; };
    buildDocsInSandbox = lib.mkOption { type = lib.types.bool; internal = true; default = true; description = "Ignored."; };
  };
}
