# Small derivations from text and commands, with nixpkgs' names and arguments.
{ lib, stdenv, stdenvNoCC, bash, runtimeShell, lndir ? null }:
rec {
  runCommandWith =
    {
      stdenv ? stdenvNoCC,
      runLocal ? false,
      derivationArgs ? { },
      name,
    }:
    buildCommand:
    stdenv.mkDerivation (
      {
        enableParallelBuilding = true;
        inherit buildCommand name;
        passAsFile = [ "buildCommand" ] ++ derivationArgs.passAsFile or [ ];
      }
      // lib.optionalAttrs runLocal { preferLocalBuild = true; allowSubstitutes = false; }
      // removeAttrs derivationArgs [ "passAsFile" ]
    );

  runCommand = name: derivationArgs: runCommandWith { inherit name derivationArgs; };
  runCommandLocal = name: derivationArgs: runCommandWith { inherit name derivationArgs; runLocal = true; };
  runCommandCC = name: derivationArgs: runCommandWith { inherit name derivationArgs stdenv; };

  writeTextFile =
    {
      name,
      text,
      executable ? false,
      destination ? "",
      checkPhase ? "",
      meta ? { },
      passthru ? { },
      allowSubstitutes ? false,
      preferLocalBuild ? true,
      derivationArgs ? { },
    }:
    runCommand name
      (
        {
          inherit text executable checkPhase allowSubstitutes preferLocalBuild;
          passAsFile = [ "text" ] ++ derivationArgs.passAsFile or [ ];
          meta = lib.optionalAttrs (executable && lib.hasPrefix "/bin/" destination) { mainProgram = lib.removePrefix "/bin/" destination; } // meta;
          passthru = passthru // derivationArgs.passthru or { };
        }
        // removeAttrs derivationArgs [ "passAsFile" "passthru" ]
      )
      ''
        target=$out${lib.escapeShellArg destination}
        ${lib.optionalString (destination != "") ''mkdir -p "''${target%/*}"''}
        cp "$textPath" "$target"
        ${lib.optionalString executable ''chmod +x "$target"''}
        eval "$checkPhase"
      '';

  writeText =
    name: text:
    # a name with a slash in it was a destination once
    writeTextFile { inherit name text; };
  writeTextDir = path: text: writeTextFile { inherit text; name = baseNameOf path; destination = "/${path}"; };
  writeScript = name: text: writeTextFile { inherit name text; executable = true; };
  writeScriptBin = name: text: writeTextFile { inherit name text; executable = true; destination = "/bin/${name}"; };

  writeShellScript =
    name: text:
    writeTextFile {
      inherit name;
      executable = true;
      text = ''
        #!${runtimeShell}
        ${text}
      '';
      checkPhase = ''${bash}/bin/bash -n "$target"'';
    };

  writeShellScriptBin =
    name: text:
    writeTextFile {
      inherit name;
      executable = true;
      destination = "/bin/${name}";
      text = ''
        #!${runtimeShell}
        ${text}
      '';
      checkPhase = ''${bash}/bin/bash -n "$target"'';
      meta.mainProgram = name;
    };

  writeShellApplication =
    {
      name,
      text,
      runtimeInputs ? [ ],
      runtimeEnv ? null,
      meta ? { },
      passthru ? { },
      checkPhase ? null,
      excludeShellChecks ? [ ],
      bashOptions ? [ "errexit" "nounset" "pipefail" ],
      inheritPath ? true,
      ...
    }:
    writeTextFile {
      inherit name passthru;
      meta = { mainProgram = name; } // meta;
      executable = true;
      destination = "/bin/${name}";
      text =
        ''
          #!${runtimeShell}
          ${lib.concatMapStringsSep "\n" (option: "set -o ${option}") bashOptions}
        ''
        + lib.optionalString (runtimeEnv != null) (
          lib.concatStrings (lib.mapAttrsToList (variable: value: "${lib.toShellVar variable value}\nexport ${variable}\n") runtimeEnv)
        )
        + lib.optionalString (runtimeInputs != [ ]) ''
          export PATH="${lib.makeBinPath runtimeInputs}${lib.optionalString inheritPath ":$PATH"}"
        ''
        + ''

          ${text}
        '';
      checkPhase = if checkPhase == null then ''${bash}/bin/bash -n "$target"'' else checkPhase;
    };

  # Several files one after another.
  concatTextFile =
    { name, files, executable ? false, destination ? "", checkPhase ? "", meta ? { }, passthru ? { } }:
    runCommandLocal name { inherit files executable checkPhase meta passthru; } ''
      target=$out${lib.escapeShellArg destination}
      mkdir -p "''${target%/*}"
      cat $files >"$target"
      ${lib.optionalString executable ''chmod +x "$target"''}
      eval "$checkPhase"
    '';
  concatText = name: files: concatTextFile { inherit name files; };
  concatScript = name: files: concatTextFile { inherit name files; executable = true; };

  # `@name@` in a file replaced; every name must occur, and none may be left.
  replaceVars =
    path: attrs:
    runCommandLocal (baseNameOf path) { inherit path; } ''
      substitute "$path" $out ${
        lib.concatStringsSep " " (
          lib.mapAttrsToList (name: value: "--replace-fail ${lib.escapeShellArg "@${name}@"} ${lib.escapeShellArg (toString value)}") attrs
        )
      }
      if grep -nE '@[A-Za-z_][A-Za-z0-9_'"'"'-]*@' $out; then die "replaceVars: names are left in ${baseNameOf path}"; fi
      if [ -x "$path" ]; then chmod +x $out; fi
    '';

  # [ { name; path; } ] or { name = path; } -> a folder of symlinks.
  linkFarm =
    name: entries:
    let
      list = if lib.isAttrs entries then lib.mapAttrsToList (entryName: path: { name = entryName; inherit path; }) entries else entries;
      unique = lib.listToAttrs (map (entry: lib.nameValuePair entry.name entry.path) list);
    in
    runCommand name
      {
        preferLocalBuild = true;
        allowSubstitutes = false;
        passthru.entries = unique;
        links = lib.concatStrings (lib.mapAttrsToList (entryName: path: "${entryName}\n${path}\n") unique);
        passAsFile = [ "links" ];
      }
      ''
        mkdir -p $out
        cd $out
        while IFS= read -r place && IFS= read -r path; do
          if [[ $place == */* ]]; then mkdir -p "''${place%/*}"; fi
          ln -s "$path" "$place"
        done <"$linksPath"
      '';

  linkFarmFromDrvs = name: drvs: linkFarm name (map (drv: { inherit (drv) name; path = drv; }) drvs);

  writeStringReferencesToFile = string: runCommand "string-references" { inherit string; passAsFile = [ "string" ]; } ''
    { grep -aoE "$NIX_STORE/[0-9a-z]{32}-[0-9a-zA-Z+._?=-]+" "$stringPath" || true; } | sort -u >$out
  '';

  emptyFile = runCommandLocal "empty-file" { } "touch $out";
  emptyDirectory = runCommandLocal "empty-directory" { } "mkdir $out";

  # The closure of some paths: `store-paths`, one a line; `registration`, what `nix-store --load-db` without hashes reads.
  closureInfo =
    { rootPaths }:
    runCommandLocal "closure-info"
      {
        exportReferencesGraph = lib.concatLists (lib.imap0 (index: path: [ "graph-${toString index}" "${path}" ]) (lib.toList rootPaths));
      }
      ''
        mkdir $out
        # a graph is a list of: path, deriver, number of references, that many references
        cat graph-* | awk '
          state == 0 { path = $0; state = 1; next }
          state == 1 { deriver = $0; state = 2; next }
          state == 2 { count = $0; entry = path "\n" deriver "\n" count; state = count > 0 ? 3 : 0; if (count == 0) keep(); next }
          { entry = entry "\n" $0; if (--count == 0) { keep(); state = 0 } }
          function keep() { if (!(path in seen)) { seen[path] = 1; print entry > (ENVIRON["out"] "/registration"); print path > "paths" } }
        '
        LC_ALL=C sort paths >$out/store-paths
      '';

  copyPathToStore = builtins.filterSource (_: _: true);

  # A script of setup, usable as an input of builds.
  makeSetupHook =
    {
      name ? "hook",
      propagatedBuildInputs ? [ ],
      substitutions ? { },
      meta ? { },
      passthru ? { },
      ...
    }:
    script:
    runCommand name
      (
        substitutions
        // {
          inherit meta passthru;
          propagated = map toString propagatedBuildInputs;
          inherit script;
        }
      )
      ''
        mkdir -p $out/nix-support
        if [ -n "$propagated" ]; then echo "$propagated" >$out/nix-support/propagated-build-inputs; fi
        substituteAll "$script" $out/nix-support/setup-hook
      '';
}
