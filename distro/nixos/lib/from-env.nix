# A path from an environment variable, or the default when it is not set.
name: default:
let
  value = builtins.getEnv name;
in
if value == "" then default else value
