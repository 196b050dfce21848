# Files and folders that systemd-tmpfiles makes and cleans.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types mkIf;
  cfg = config.systemd.tmpfiles;
  line = path: type: r: "${type} ${path} ${r.mode} ${r.user} ${r.group} ${r.age}${lib.optionalString (r.argument != "") " ${r.argument}"}\n";
  settingsText =
    settings:
    lib.concatStrings (
      lib.mapAttrsToList (path: types: lib.concatStrings (lib.mapAttrsToList (type: line path type) types)) settings
    );
in
{
  options.systemd.tmpfiles = {
    rules = mkOption { default = [ ]; type = types.listOf types.str; example = [ "d /tmp 1777 root root 10d" ]; description = "Rules in the format of tmpfiles.d(5)."; };
    settings = mkOption {
      default = { };
      description = "Rules by file name, path and type.";
      type = types.attrsOf (
        types.attrsOf (
          types.attrsOf (
            types.submodule {
              options = {
                mode = mkOption { type = types.str; default = "-"; description = "Mode."; };
                user = mkOption { type = types.str; default = "-"; description = "Owner."; };
                group = mkOption { type = types.str; default = "-"; description = "Group."; };
                age = mkOption { type = types.str; default = "-"; description = "Age at which contents are removed."; };
                argument = mkOption { type = types.str; default = ""; description = "Argument of the type."; };
              };
            }
          )
        )
      );
    };
    packages = mkOption { type = types.listOf types.package; default = [ ]; description = "Packages that bring rules."; apply = map lib.getLib; };
    upstreamFiles = mkOption {
      internal = true;
      type = types.listOf types.str;
      default = [ "systemd.conf" "systemd-tmp.conf" "x11.conf" "static-nodes-permissions.conf" ];
      description = "Rules of systemd itself that are used.";
    };
  };
  config = {
    # Nobody passes any, and a file system is mounted for them at each boot.
    systemd.services = lib.genAttrs [ "systemd-tmpfiles-setup" "systemd-tmpfiles-clean" ] (_: {
      overrideStrategy = "asDropin";
      enableDefaultPath = false;
      serviceConfig.LoadCredential = [ "" ];
    });
    environment.etc."tmpfiles.d".source = pkgs.runCommand "tmpfiles.d"
      {
        preferLocalBuild = true;
        passAsFile = [ "rules" ];
        rules = "# This file is created automatically and should not be modified.\n${lib.concatMapStrings (r: "${r}\n") cfg.rules}";
        packages = map toString cfg.packages;
        inherit (cfg) upstreamFiles;
      }
      ''
        mkdir -p $out
        for package in $packages; do
          for file in $package/lib/tmpfiles.d/*.conf; do [ -e "$file" ] && ln -sfn "$file" $out/; done
        done
        for name in $upstreamFiles; do
          file=${config.systemd.package}/lib/tmpfiles.d/$name
          [ -e "$file" ] || file=${config.systemd.package}/example/tmpfiles.d/$name
          [ -e "$file" ] && ln -sfn "$file" $out/
        done
        cp "$rulesPath" $out/00-nixos.conf
        ${lib.concatStrings (
          lib.mapAttrsToList (name: settings: "cat > $out/${lib.escapeShellArg "${name}.conf"} <<'END-OF-RULES'\n${settingsText settings}END-OF-RULES\n") cfg.settings
        )}
      '';
  };
}
