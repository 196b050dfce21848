# Path values and subpath strings. A subpath is relative, without `..` components.
{ lib }:
let
  components =
    s:
    builtins.filter (p: builtins.isString p && p != "" && p != ".") (builtins.split "/+" s);
  whyInvalid =
    v:
    if !builtins.isString v then
      "the value is of type ${builtins.typeOf v}, not a string"
    else if v == "" then
      "the string is empty"
    else if builtins.substring 0 1 v == "/" then
      "the string starts with a '/', so it is an absolute path"
    else if builtins.elem ".." (components v) then
      "a '..' component is not allowed in subpaths"
    else
      null;
in
rec {
  append =
    path: subpath:
    assert lib.asserts.assertMsg (builtins.isPath path) "path.append: the first argument is of type ${builtins.typeOf path}, but a path was expected";
    assert lib.asserts.assertMsg (subpathIsValid subpath) "path.append: the second argument is not a valid subpath: ${whyInvalid subpath}";
    path + ("/" + subpath);
  hasPrefix =
    prefix: path:
    prefix == path || lib.strings.hasPrefix (if prefix == /. then "/" else toString prefix + "/") (toString path);
  removePrefix =
    prefix: path:
    if hasPrefix prefix path then
      subpath.join (components (lib.strings.removePrefix (toString prefix) (toString path)))
    else
      throw "path.removePrefix: '${toString prefix}' is not a prefix of '${toString path}'";
  splitRoot = path: {
    root = /.;
    subpath = subpath.join (components (toString path));
  };
  subpathIsValid = v: whyInvalid v == null;
  subpath = {
    isValid = subpathIsValid;
    join = parts: subpath.normalise (if parts == [ ] then "./." else lib.strings.concatStringsSep "/" parts);
    normalise =
      v:
      assert lib.asserts.assertMsg (subpathIsValid v) "path.subpath.normalise: the argument is not a valid subpath: ${whyInvalid v}";
      if components v == [ ] then "./." else "./" + lib.strings.concatStringsSep "/" (components v);
    components = v: components (subpath.normalise v);
  };
}
