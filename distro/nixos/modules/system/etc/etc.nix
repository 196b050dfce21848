# /etc, as a tree of links into the store.
#
# `environment.etc.<name>` becomes <etc>/etc/<name>, a link to its source. At activation /etc/static is
# turned to that tree, and every entry is a link /etc/<name> -> /etc/static/<name>. All those links are
# made when the system is built, so that activation copies them in one go; what the former system had
# and the new one lacks is read from the lists of both. Entries with a mode are files copied to /etc.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types mkIf mkDefault mkDerivedConfig optionalString concatMapStrings escapeShellArg;
  entries = builtins.filter (e: e.enable) (builtins.attrValues config.environment.etc);

  etc =
    pkgs.runCommand "etc"
      {
        preferLocalBuild = true;
        passAsFile = [ "entryCommands" ];
        entryCommands = concatMapStrings (
          e:
          "entry ${escapeShellArg "${e.source}"} ${escapeShellArg e.target} ${escapeShellArg e.mode} ${escapeShellArg e.user} ${escapeShellArg e.group}\n"
        ) entries;
      }
      ''
        mkdir -p $out/etc $out/links
        : > $out/links-list
        : > $out/copies
        add() {
          local source=$1 target=$2 mode=$3 user=$4 group=$5
          case "$target" in */*) mkdir -p "$out/etc/''${target%/*}" ;; esac
          if [ -e "$out/etc/$target" ] || [ -L "$out/etc/$target" ]; then
            if [ "$(readlink "$out/etc/$target")" = "$source" ]; then return; fi
            echo "environment.etc: '$target' is defined twice, by $(readlink "$out/etc/$target") and $source" >&2
            exit 1
          fi
          ln -s "$source" "$out/etc/$target"
          if [ "$mode" = symlink ]; then
            case "$target" in */*) mkdir -p "$out/links/''${target%/*}" ;; esac
            ln -s "/etc/static/$target" "$out/links/$target"
            printf '%s\n' "$target" >> $out/links-list
          elif [ "$mode" = direct-symlink ]; then
            case "$target" in */*) mkdir -p "$out/links/''${target%/*}" ;; esac
            ln -s "$source" "$out/links/$target"
            printf '%s\n' "$target" >> $out/links-list
          else
            printf '%s\t%s\t%s\t%s\n' "$mode" "$user" "$group" "$target" >> $out/copies
          fi
        }
        # A source may be a pattern: then the target is a folder for what it matches.
        entry() {
          case "$1" in
            *\**) for file in $1; do add "$file" "$2/$(basename "$file")" "$3" "$4" "$5"; done ;;
            *) add "$@" ;;
          esac
        }
        . "$entryCommandsPath"
        (cd $out/links && find . -mindepth 1 -type d) | sort > $out/folders
      '';

  # A text that refers to no derivation needs no build.
  textFile =
    name: text:
    let
      fileName = lib.strings.sanitizeDerivationName ("etc-" + builtins.replaceStrings [ "/" ] [ "-" ] name);
    in
    if builtins.hasContext text then pkgs.writeText fileName text else builtins.toFile fileName text;

  entryType = types.submodule (
    { name, config, options, ... }:
    {
      options = {
        enable = mkOption { type = types.bool; default = true; description = "Whether the file is there."; };
        target = mkOption { type = types.str; description = "Name of the file, relative to /etc."; };
        text = mkOption { default = null; type = types.nullOr types.lines; description = "Text of the file."; };
        source = mkOption { type = types.path; description = "Path of the source file."; };
        mode = mkOption {
          type = types.str;
          default = "symlink";
          example = "0600";
          description = "`symlink`, or the mode of a copy.";
        };
        uid = mkOption { type = types.int; default = 0; description = "User id of a copy."; };
        gid = mkOption { type = types.int; default = 0; description = "Group id of a copy."; };
        user = mkOption { type = types.str; default = "+${toString config.uid}"; description = "Owner of a copy."; };
        group = mkOption { type = types.str; default = "+${toString config.gid}"; description = "Group of a copy."; };
      };
      config = {
        target = mkDefault name;
        source = mkIf (config.text != null) (mkDerivedConfig options.text (textFile name));
      };
    }
  );
in
{
  options.environment.etc = mkOption {
    type = types.attrsOf entryType;
    default = { };
    example = { "nanorc".text = "set nowrap"; };
    description = "Files in /etc.";
  };
  config = {
    system.build.etc = etc;
    system.build.etcActivationCommands = ''
      # Set up the static part of /etc.
      newEtc=${etc}
      oldEtc=
      if [ -L /etc/static ]; then oldEtc=$($bb readlink /etc/static); oldEtc=''${oldEtc%/etc}; fi
      [ -d /etc ] || $bb mkdir -p /etc
      if [ "$oldEtc" != "$newEtc" ]; then
        $bb ln -sfn "$newEtc/etc" /etc/.static.tmp
        $bb mv -T /etc/.static.tmp /etc/static
      fi
      if [ "$oldEtc" != "$newEtc" ] || ! [ -e /etc/NIXOS ]; then
        if [ -n "$oldEtc" ] && [ "$oldEtc" != "$newEtc" ] && [ -e "$oldEtc/links-list" ]; then
          while IFS= read -r name; do
            if [ ! -L "$newEtc/links/$name" ] && [ -L "/etc/$name" ]; then
              rm -f "/etc/$name"
              rmdir -p --ignore-fail-on-non-empty "$(dirname "/etc/$name")" 2>/dev/null || true
            fi
          done < "$oldEtc/links-list"
          while IFS="	" read -r _ _ _ name; do
            if [ ! -e "$newEtc/etc/$name" ]; then rm -f "/etc/$name"; fi
          done < "$oldEtc/copies"
        fi
        if [ "$oldEtc" != "$newEtc" ]; then
          # Folders first, or they would be as read-only as those of the store.
          (cd /etc && $bb mkdir -p $(< "$newEtc/folders"))
          $bb cp -R -P --remove-destination "$newEtc/links/." /etc/
        fi
        while IFS="	" read -r mode user group name; do
          mkdir -p "$(dirname "/etc/$name")"
          cp -L --no-preserve=mode,ownership "$newEtc/etc/$name" "/etc/$name.tmp"
          chmod "$mode" "/etc/$name.tmp"
          chown "$user:$group" "/etc/$name.tmp"
          mv -T "/etc/$name.tmp" "/etc/$name"
        done < "$newEtc/copies"
      fi
      [ -e /etc/NIXOS ] || : > /etc/NIXOS
    '';
  };
}
