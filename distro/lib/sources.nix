# Sources from local folders, with what does not belong to them filtered away.
{ lib }:
rec {
  pathType =
    path:
    if !builtins.pathExists path then
      throw "lib.sources.pathType: path '${toString path}' does not exist"
    else if path == /. then
      "directory"
    else
      (builtins.readDir (dirOf path)).${baseNameOf path};
  pathIsDirectory = path: builtins.pathExists path && pathType path == "directory";
  pathIsRegularFile = path: builtins.pathExists path && pathType path == "regular";

  # Leaves out version control folders, editors' files and results of builds.
  cleanSourceFilter =
    name: type:
    let
      base = baseNameOf (toString name);
    in
    !(
      (base == ".git" || type == "directory" && builtins.elem base [ ".svn" "CVS" ".hg" ".jj" ])
      || lib.strings.hasSuffix "~" base
      || builtins.match "^\\.sw[a-z]$" base != null
      || builtins.match "^\\..*\\.sw[a-z]$" base != null
      || lib.strings.hasSuffix ".o" base
      || lib.strings.hasSuffix ".so" base
      || (type == "symlink" && lib.strings.hasPrefix "result" base)
      || type == "unknown"
    );
  cleanSource = src: cleanSourceWith { filter = cleanSourceFilter; inherit src; };
  # Composes with itself: both filters must agree.
  cleanSourceWith =
    {
      filter ? _path: _type: true,
      src,
      name ? null,
    }:
    let
      isFiltered = src ? _isLibCleanSourceWith;
      origSrc = if isFiltered then src.origSrc else src;
      filter' = if isFiltered then path: type: filter path type && src.filter path type else filter;
      name' = if name != null then name else if isFiltered then src.name else baseNameOf (toString src);
    in
    {
      inherit origSrc;
      filter = filter';
      name = name';
      outPath = builtins.path { path = origSrc; filter = filter'; name = name'; };
      _isLibCleanSourceWith = true;
    };
  relativeTo = root: path: lib.strings.removePrefix (toString root + "/") path;
  sourceByRegex =
    src: regexes:
    let
      root = if src ? _isLibCleanSourceWith then src.origSrc else src;
    in
    cleanSourceWith {
      filter = path: _: lib.lists.any (re: builtins.match re (relativeTo root path) != null) regexes;
      inherit src;
    };
  sourceFilesBySuffices =
    src: suffixes:
    cleanSourceWith {
      filter = name: type: type == "directory" || lib.lists.any (s: lib.strings.hasSuffix s (baseNameOf name)) suffixes;
      inherit src;
    };
}
