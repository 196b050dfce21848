# Name and version of the system, as tools read them from /etc/os-release.
{ config, lib, pkgs, ... }:
let
  cfg = config.system.nixos;
  inherit (lib) mkOption types mkRenamedOptionModule;
  release = lib.trivial.release;
  osRelease = {
    NAME = cfg.distroName;
    ID = cfg.distroId;
    ID_LIKE = lib.optionalString (cfg.distroId != "nixos") "nixos";
    VERSION = "${cfg.release} (${cfg.codeName})";
    VERSION_CODENAME = lib.toLower cfg.codeName;
    VERSION_ID = cfg.release;
    BUILD_ID = cfg.version;
    PRETTY_NAME = "${cfg.distroName} ${cfg.release} (${cfg.codeName})";
    VARIANT_ID = lib.optionalString (cfg.variant_id != null) cfg.variant_id;
    DEFAULT_HOSTNAME = cfg.distroId;
    LOGO = "";
  };
in
{
  options.system = {
    nixos = {
      version = mkOption { internal = true; type = types.str; default = cfg.release + cfg.versionSuffix; description = "Full version."; };
      release = mkOption { readOnly = true; type = types.str; default = release; description = "Release, as year and month."; };
      versionSuffix = mkOption { internal = true; type = types.str; default = lib.trivial.versionSuffix; description = "What follows the release in the version."; };
      revision = mkOption { internal = true; type = types.nullOr types.str; default = null; description = "Revision the system was built from."; };
      codeName = mkOption { readOnly = true; type = types.str; default = lib.trivial.codeName; description = "Name of the release."; };
      distroId = mkOption { internal = true; type = types.str; default = "nixos"; description = "Identifier of the distribution."; };
      distroName = mkOption { internal = true; type = types.str; default = "Firn"; description = "Name of the distribution."; };
      variant_id = mkOption { type = types.nullOr (types.strMatching "[a-z0-9._-]+"); default = null; description = "Identifier of a variant of the system."; };
      label = mkOption { type = types.strMatching "[a-zA-Z0-9:_.-]*"; default = cfg.version; description = "Label of this configuration in boot menus."; };
      tags = mkOption { type = types.listOf types.str; default = [ ]; description = "Words put before the label."; };
    };
    stateVersion = mkOption {
      type = types.str;
      default = release;
      description = "Release whose defaults for state on disk the machine was installed with.";
    };
    configurationRevision = mkOption { type = types.nullOr types.str; default = null; description = "Revision of the configuration itself."; };
    name = mkOption {
      type = types.str;
      default = if config.networking.hostName == "" then "unnamed" else config.networking.hostName;
      description = "Name of the system, used in store paths.";
    };
  };
  config.environment.etc = {
    "lsb-release".text = lib.generators.toKeyValue { mkKeyValue = k: v: "${k}=\"${v}\""; } {
      LSB_VERSION = "${cfg.release} (${cfg.codeName})";
      DISTRIB_ID = cfg.distroId;
      DISTRIB_RELEASE = cfg.release;
      DISTRIB_CODENAME = lib.toLower cfg.codeName;
      DISTRIB_DESCRIPTION = "${cfg.distroName} ${cfg.release} (${cfg.codeName})";
    };
    "os-release".text = lib.generators.toKeyValue { mkKeyValue = k: v: "${k}=\"${v}\""; } (lib.filterAttrs (_: v: v != "") osRelease);
  };
}
