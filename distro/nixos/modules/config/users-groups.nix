# Users and groups. What is declared is written to /etc/passwd, /etc/group and /etc/shadow at activation by
# ./update-users.awk; with `users.mutableUsers` what was added by hand stays, passwords too.
{ config, lib, pkgs, utils, ... }:
let
  inherit (lib) mkOption types mkIf mkDefault mkMerge concatStringsSep concatMapStrings mapAttrsToList;
  cfg = config.users;
  ids = config.ids;

  userOptions =
    { name, config, ... }:
    {
      options = {
        enable = mkOption { type = types.bool; default = true; description = "Whether the user exists."; };
        name = mkOption { type = types.passwdEntry types.str; description = "Name of the user."; };
        description = mkOption { type = types.passwdEntry types.str; default = ""; description = "Full name."; };
        uid = mkOption { type = types.nullOr types.int; default = null; description = "User id; null picks a free one that stays."; };
        isSystemUser = mkOption { type = types.bool; default = false; description = "Whether it is a user of the system: its id is below 1000."; };
        isNormalUser = mkOption { type = types.bool; default = false; description = "Whether it is a person: home folder, shell, group `users`."; };
        group = mkOption { type = types.str; default = ""; description = "Primary group."; };
        extraGroups = mkOption { type = types.listOf types.str; default = [ ]; description = "Further groups."; };
        home = mkOption { type = types.passwdEntry types.path; default = "/var/empty"; description = "Home folder."; };
        homeMode = mkOption { type = types.strMatching "[0-7]{1,5}"; default = "700"; description = "Mode of the home folder."; };
        createHome = mkOption { type = types.bool; default = false; description = "Whether the home folder is made."; };
        shell = mkOption {
          type = types.nullOr (types.either types.shellPackage (types.passwdEntry types.path));
          default = "${pkgs.shadow}/bin/nologin";
          description = "Login shell.";
        };
        useDefaultShell = mkOption { type = types.bool; default = false; description = "Whether the shell is `users.defaultUserShell`."; };
        password = mkOption { type = types.nullOr types.str; default = null; description = "Password in clear text; anyone can read it in the store."; };
        initialPassword = mkOption { type = types.nullOr types.str; default = null; description = "As `password`, for a user made for the first time."; };
        hashedPassword = mkOption { type = types.nullOr (types.passwdEntry types.str); default = null; description = "Hash of the password, as crypt(3)."; };
        initialHashedPassword = mkOption { type = types.nullOr (types.passwdEntry types.str); default = null; description = "As `hashedPassword`, for a user made for the first time."; };
        hashedPasswordFile = mkOption { type = types.nullOr types.str; default = null; description = "File that holds the hash of the password."; };
        packages = mkOption { type = types.listOf types.package; default = [ ]; description = "Packages of the user alone."; };
        linger = mkOption { type = types.bool; default = false; description = "Whether the user's services run without a session."; };
        ignoreShellProgramCheck = mkOption { type = types.bool; default = false; internal = true; description = "Ignored."; };
        autoSubUidGidRange = mkOption { type = types.bool; default = false; internal = true; description = "Ignored."; };
      };
      config = mkMerge [
        {
          name = mkDefault name;
          shell = mkIf config.useDefaultShell (mkDefault cfg.defaultUserShell);
        }
        (mkIf config.isNormalUser {
          group = mkDefault "users";
          createHome = mkDefault true;
          home = mkDefault "/home/${config.name}";
          useDefaultShell = mkDefault true;
          isSystemUser = mkDefault false;
        })
      ];
    };
  groupOptions =
    { name, config, ... }:
    {
      options = {
        name = mkOption { type = types.passwdEntry types.str; description = "Name of the group."; };
        gid = mkOption { type = types.nullOr types.int; default = null; description = "Group id; null picks a free one that stays."; };
        members = mkOption { type = types.listOf (types.passwdEntry types.str); default = [ ]; description = "Users in the group, besides those that name it."; };
      };
      config.name = mkDefault name;
    };

  users = builtins.filter (u: u.enable) (builtins.attrValues cfg.users);
  groups = builtins.attrValues cfg.groups;
  membersOf = g: lib.unique (g.members ++ map (u: u.name) (builtins.filter (u: builtins.elem g.name u.extraGroups) users));

  # Fields between tabs, "-" for none: a user's own name cannot be "-".
  field = v: if v == null || v == "" then "-" else toString v;
  row = fields: concatStringsSep "\t" (map field fields) + "\n";
  passwordKind =
    u:
    if u.hashedPasswordFile != null then [ "file" u.hashedPasswordFile ]
    else if u.hashedPassword != null then [ "hash" (if u.hashedPassword == "" then "EMPTY" else u.hashedPassword) ]
    else if u.password != null then [ "plain" (if u.password == "" then "EMPTY" else u.password) ]
    else if u.initialHashedPassword != null then [ "initial-hash" (if u.initialHashedPassword == "" then "EMPTY" else u.initialHashedPassword) ]
    else if u.initialPassword != null then [ "initial-plain" (if u.initialPassword == "" then "EMPTY" else u.initialPassword) ]
    else [ "none" "-" ];
  spec = pkgs.writeText "users-groups" (
    concatMapStrings (g: row [ "group" g.name g.gid (concatStringsSep "," (membersOf g)) ]) groups
    + concatMapStrings (
      u:
      row (
        [ "user" u.name u.uid u.group u.description u.home (utils.toShellPath u.shell) (if u.isSystemUser then "1" else "0") (if u.createHome then "1" else "0") u.homeMode ]
        ++ passwordKind u
      )
    ) users
  );
in
{
  options.users = {
    mutableUsers = mkOption { type = types.bool; default = true; description = "Whether users and passwords may be changed on the machine itself."; };
    enforceIdUniqueness = mkOption { type = types.bool; default = true; description = "Whether two users or groups may not share an id."; };
    allowNoPasswordLogin = mkOption { type = types.bool; default = false; description = "Whether a system that nobody can log into is fine."; };
    users = mkOption {
      default = { };
      type = types.attrsOf (types.submodule userOptions);
      example = { alice = { uid = 1234; isNormalUser = true; extraGroups = [ "wheel" ]; }; };
      description = "Users of the machine.";
    };
    groups = mkOption { default = { }; type = types.attrsOf (types.submodule groupOptions); description = "Groups of the machine."; };
    extraUsers = mkOption { visible = false; default = { }; type = types.attrsOf types.unspecified; description = "Ignored; use `users.users`."; };
    defaultUserShell = mkOption {
      default = pkgs.bashInteractive;
      type = types.either types.path types.shellPackage;
      defaultText = lib.literalExpression "pkgs.bashInteractive";
      description = "Login shell of people.";
    };
  };

  config = {
    users.users = {
      root = {
        uid = ids.uids.root;
        description = "System administrator";
        home = "/root";
        group = "root";
        shell = mkDefault cfg.defaultUserShell;
      };
      nobody = {
        uid = ids.uids.nobody;
        isSystemUser = true;
        description = "Unprivileged account (don't use!)";
        group = "nogroup";
      };
    };
    users.groups = lib.genAttrs [ "root" "wheel" "disk" "kmem" "tty" "floppy" "uucp" "lp" "cdrom" "tape" "audio" "video" "dialout" "nogroup" "users" "utmp" "adm" "input" "kvm" "render" "sgx" ] (
      name: { gid = ids.gids.${name}; }
    );

    system.build.usersSpec = spec;
    system.activationScripts.users = {
      supportsDryActivation = false;
      deps = [ "var" ];
      text = ''
        # Users and groups, when they are not as declared yet.
        usersSpec=${spec}${if cfg.mutableUsers then "" else "-fixed"}
        usersSpecNow=
        if [ -e /var/lib/nixos/users-spec ]; then usersSpecNow=$(< /var/lib/nixos/users-spec); fi
        if [ "$usersSpecNow" != "$usersSpec" ] || [ ! -s /etc/passwd ]; then
          . ${./update-users.sh}
          update_users ${spec} ${./update-users.awk} ${if cfg.mutableUsers then "1" else "0"}
          printf '%s' "$usersSpec" > /var/lib/nixos/users-spec
        fi
      '';
    };
    # Names that scripts of NixOS depend on.
    system.activationScripts.groups = lib.stringAfter [ "users" ] "";

    assertions =
      let
        duplicates =
          what: list:
          let
            byId = builtins.groupBy (x: toString x.id) (builtins.filter (x: x.id != null) list);
          in
          mapAttrsToList (id: xs: {
            assertion = builtins.length xs == 1;
            message = "${what} id ${id} is used by ${lib.concatMapStringsSep " and " (x: "'${x.name}'") xs}";
          }) byId;
      in
      lib.optionals cfg.enforceIdUniqueness (
        duplicates "User" (map (u: { inherit (u) name; id = u.uid; }) users)
        ++ duplicates "Group" (map (g: { inherit (g) name; id = g.gid; }) groups)
      )
      ++ lib.concatMap (u: [
        {
          assertion = u.name == "root" || u.isSystemUser != u.isNormalUser;
          message = "Exactly one of users.users.${u.name}.isSystemUser and users.users.${u.name}.isNormalUser must be set.";
        }
        {
          assertion = u.group != "" && cfg.groups ? ${u.group};
          message = "users.users.${u.name}.group is ${if u.group == "" then "unset. This used to default to nogroup, but this is unsafe. For example you can create a group for this user with users.groups.${u.name} = {}; users.users.${u.name}.group = \"${u.name}\";" else "'${u.group}', which is not among users.groups."}";
        }
      ]) users;
  };
}
