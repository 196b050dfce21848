# Expressions that must fail, with texts that the message must hold.
{ lib }:
let
  inherit (lib) mkOption types;
  here = toString ./errors.nix;
  web = {
    _file = "web.nix";
    options.services.nginx.enable = mkOption { type = types.bool; default = false; };
    options.services.nginx.port = mkOption { type = types.port; default = 80; };
    options.networking.hostName = mkOption { type = types.str; default = "x"; };
    options.users = mkOption { type = types.attrsOf (types.submodule { options.uid = mkOption { type = types.int; }; }); default = { }; };
  };
  eval = modules: (lib.evalModules { modules = [ web ] ++ modules; }).config;
in
{
  undefinedOption = { expr = (eval [ { services.ngnix.enable = true; } ]).networking.hostName; messages = [ "The option 'services.ngnix' does not exist" "Did you mean 'services.nginx'?" "${here}' line" ]; };
  undefinedCase = { expr = (eval [ { networking.hostname = "a"; } ]).networking.hostName; messages = [ "'networking.hostname' does not exist" "Did you mean 'networking.hostName'?" ": \"a\"" ]; };
  undefinedElsewhere = { expr = (eval [ { nginx.enable = true; } ]).networking.hostName; messages = [ "'nginx' does not exist" "Did you mean 'services.nginx'?" ]; };
  undefinedInIf = { expr = (eval [ { config = lib.mkIf true { networking.hostNam = "a"; }; } ]).networking.hostName; messages = [ "'networking.hostNam' does not exist" "errors.nix' line" ]; };
  undefinedInSubmodule = { expr = (eval [ { users.alice.uuid = 5; } ]).users.alice.uid; messages = [ "'users.alice.uuid' does not exist" "Did you mean 'users.alice.uid'?" ]; };
  undefinedFile = { expr = (eval [ { _file = "my-machine.nix"; config = builtins.fromJSON ''{ "servicess": 1 }''; } ]).networking.hostName; messages = [ "'servicess' does not exist" "Did you mean 'services'?" "In 'my-machine.nix': 1" ]; };
  wrongType = { expr = (eval [ { services.nginx.port = "80"; } ]).services.nginx.port; messages = [ "A definition for option 'services.nginx.port' is not of type '16 bit unsigned integer; between 0 and 65535 (both inclusive)'" "is a string" "errors.nix' line" ": \"80\"" ]; };
  outOfRange = { expr = (eval [ { services.nginx.port = 70000; } ]).services.nginx.port; messages = [ "'services.nginx.port' is not of type" ": 70000" ]; };
  conflict = { expr = (eval [ { _file = "a.nix"; config = builtins.fromJSON ''{ "networking": { "hostName": "a" } }''; } { _file = "b.nix"; config = builtins.fromJSON ''{ "networking": { "hostName": "b" } }''; } ]).networking.hostName; messages = [ "The option 'networking.hostName' has conflicting definition values" "In 'a.nix': \"a\"" "In 'b.nix': \"b\"" "lib.mkForce" ]; };
  noValue = { expr = (eval [ { users.bob = { }; } ]).users.bob.uid; messages = [ "The option 'users.bob.uid' was accessed but has no value defined" ]; };
  groupIsValue = { expr = (eval [ { services.nginx = true; } ]).services.nginx.port; messages = [ "'services.nginx' is a group of options" "errors.nix' line" ]; };
  missingArgument = { expr = (eval [ ({ nothing, ... }: { networking.hostName = nothing; }) ]).networking.hostName; messages = [ "The module argument 'nothing'" "is not defined" ]; };
  declaredTwice = { expr = (eval [ { options.networking.hostName = mkOption { type = types.int; }; _file = "other.nix"; } ]).networking.hostName; messages = [ "ption 'networking.hostName'" "already declared in" "both give 'type'" ]; };
  strayAttribute = { expr = (eval [ { options = { }; networking.hostName = "a"; _file = "s.nix"; } ]).networking.hostName; messages = [ "has an unsupported attribute 'networking'" ]; };
  nestedLists = { expr = (eval [ { imports = [ [ { } ] ]; } ]).networking.hostName; messages = [ "Module imports can't be nested lists" ]; };
  notAModule = { expr = (eval [ 5 ]).networking.hostName; messages = [ "Expected a module" "int" ]; };
  readOnly = { expr = (eval [ { options.r = mkOption { type = types.int; readOnly = true; }; } { r = 1; } { r = 2; } ]).r; messages = [ "The option 'r' is read-only, but it's set multiple times" ]; };
  removedRead = { expr = (eval [ { options.assertions = mkOption { default = [ ]; }; } (lib.mkRemovedOptionModule [ "old" ] "Use new.") { old = 1; } ]).old; messages = [ "can no longer be used since it's been removed. Use new." ]; };
  ifCondition = { expr = (eval [ { networking.hostName = lib.mkIf "yes" "a"; } ]).networking.hostName; messages = [ "'mkIf' called with a non-Boolean condition" ]; };
  parentOfOptions = { expr = (eval [ { options.networking.hostName.sub = mkOption { }; _file = "deep.nix"; } ]).networking.hostName; messages = [ "would be a parent of the following options" "option 'networking.hostName.sub' declared in" ]; };
  missingPackageArgument = { expr = lib.callPackageWith { libfoo = 1; } ({ libfooo }: libfooo) { }; messages = [ "without required argument 'libfooo'" "did you mean 'libfoo'?" ]; };
  unique = { expr = (eval [ { options.u = mkOption { type = types.uniq types.int; }; } { u = 1; } { u = 1; } ]).u; messages = [ "The option 'u' is defined multiple times while it's expected to be unique" ]; };
  enum = { expr = (eval [ { options.e = mkOption { type = types.enum [ "one" "two" ]; }; } { e = "three"; } ]).e; messages = [ "is not of type 'one of \"one\", \"two\"'" ]; };
}
