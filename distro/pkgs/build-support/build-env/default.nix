# `buildEnv` and `symlinkJoin`: several packages as one folder of symlinks.
{ lib, runCommand, node }:
let
  program = builtins.path {
    name = "build-env";
    path = ./.;
    filter = path: type: type == "regular" && builtins.match ".*\\.ts" path != null && builtins.match ".*\\.test\\.ts" path == null;
  };

  # A path, or the outputs of a package that are installed, with the package's priority.
  sourcesOf =
    extraOutputs: package:
    let
      names = package.meta.outputsToInstall or [ "out" ] ++ builtins.filter (name: package ? ${name}) extraOutputs;
      outputs = if package.outputSpecified or false || !(package ? outputs) then [ package ] else map (name: package.${name}) (lib.unique names);
    in
    map (output: { path = "${output}"; priority = package.meta.priority or lib.meta.defaultPriority or 5; }) outputs;

  merge =
    {
      name,
      spec,
      postBuild ? "",
      attrs ? { },
    }:
    runCommand name
      (
        {
          spec = builtins.toJSON spec;
          passAsFile = [ "spec" ];
          inherit postBuild;
          preferLocalBuild = true;
          allowSubstitutes = false;
        }
        // attrs
      )
      ''
        ${lib.escapeShellArgs node} ${program}/build-env.ts
        eval "$postBuild"
      '';
in
{
  buildEnv = lib.makeOverridable (
    {
      name,
      paths,
      pathsToLink ? [ "/" ],
      extraPrefix ? "",
      extraOutputsToInstall ? [ ],
      ignoreCollisions ? false,
      checkCollisionContents ? true,
      postBuild ? "",
      nativeBuildInputs ? [ ],
      buildInputs ? [ ],
      passthru ? { },
      meta ? { },
      manifest ? "",
      includeClosures ? false,
      derivationArgs ? { },
    }:
    merge {
      inherit name postBuild;
      attrs = { inherit nativeBuildInputs buildInputs passthru meta; } // derivationArgs;
      spec = {
        sources = lib.concatMap (sourcesOf extraOutputsToInstall) (builtins.filter (path: path != null) paths);
        inherit pathsToLink extraPrefix ignoreCollisions;
        linkFilesOnly = false;
      };
    }
  );

  symlinkJoin =
    args_@{
      name ? (if args_ ? pname then "${args_.pname}-${args_.version}" else throw "symlinkJoin: 'name' is missing"),
      paths,
      stripPrefix ? "",
      postBuild ? "",
      passthru ? { },
      meta ? { },
      ...
    }:
    merge {
      inherit name postBuild;
      attrs = removeAttrs args_ [ "name" "paths" "postBuild" "stripPrefix" ];
      spec = {
        sources = map (path: { path = "${path}${stripPrefix}"; priority = 5; }) paths;
        pathsToLink = [ "/" ];
        extraPrefix = "";
        ignoreCollisions = true;
        linkFilesOnly = true;
      };
    };
}
