# Attribute sets: by path, mapped, filtered, merged.
{ lib }:
let
  inherit (builtins) head tail length isAttrs isList attrNames listToAttrs concatMap elemAt foldl' any;
in
rec {
  inherit (builtins) attrNames attrValues listToAttrs hasAttr getAttr catAttrs mapAttrs intersectAttrs zipAttrsWith removeAttrs;

  attrByPath =
    path: default: set:
    let
      n = length path;
      go =
        i: s:
        if i == n then
          s
        else
          let
            name = elemAt path i;
          in
          if isAttrs s && s ? ${name} then go (i + 1) s.${name} else default;
    in
    go 0 set;
  hasAttrByPath = path: set: longestValidPathPrefix path set == path;
  longestValidPathPrefix =
    path: set:
    let
      n = length path;
      go =
        i: s:
        if i < n && isAttrs s && s ? ${elemAt path i} then go (i + 1) s.${elemAt path i} else lib.lists.take i path;
    in
    go 0 set;
  setAttrByPath = path: value: lib.lists.foldr (name: inner: { ${name} = inner; }) value path;
  getAttrFromPath =
    path: set: attrByPath path (abort "cannot find attribute '${lib.strings.concatStringsSep "." path}'") set;
  showAttrPath =
    path: if path == [ ] then "<root attribute path>" else lib.strings.concatMapStringsSep "." lib.strings.escapeNixIdentifier path;

  # Several updates by path at once; an update of `a.b` sees what the update of `a` made.
  updateManyAttrsByPath =
    let
      go =
        depth: hasValue: value: updates:
        let
          here = lib.lists.partition (u: length u.path == depth) updates;
          byName = builtins.groupBy (u: elemAt u.path depth) here.wrong;
          withNested =
            if here.wrong == [ ] then
              value
            else if !hasValue then
              mapAttrs (_: go (depth + 1) false null) byName
            else if isAttrs value then
              value // mapAttrs (name: go (depth + 1) (value ? ${name}) (value.${name} or null)) byName
            else
              throw "updateManyAttrsByPath: '${showAttrPath (lib.lists.take depth (head here.wrong).path)}' is not an attribute set";
          exists = hasValue || here.wrong != [ ];
          base =
            if exists then
              withNested
            else
              throw "updateManyAttrsByPath: '${showAttrPath (head updates).path}' does not exist in the given value";
        in
        if here.right == [ ] then withNested else foldl' (v: u: u.update v) base here.right;
    in
    updates: value: go 0 true value updates;

  attrVals = names: set: map (n: set.${n}) names;
  getAttrs = names: set: lib.attrsets.genAttrs names (n: set.${n});
  filterAttrs =
    pred: set:
    removeAttrs set (builtins.filter (name: !pred name set.${name}) (attrNames set));
  filterAttrsRecursive =
    pred: set:
    listToAttrs (
      concatMap (
        name:
        let
          v = set.${name};
        in
        if pred name v then [ (nameValuePair name (if isAttrs v then filterAttrsRecursive pred v else v)) ] else [ ]
      ) (attrNames set)
    );
  foldlAttrs = f: init: set: foldl' (acc: name: f acc name set.${name}) init (attrNames set);
  foldAttrs =
    op: nul: sets:
    zipAttrsWith (_: values: lib.lists.foldr op nul values) sets;
  collect =
    pred: value:
    if pred value then [ value ] else if isAttrs value then concatMap (collect pred) (builtins.attrValues value) else [ ];

  cartesianProduct =
    set:
    foldl' (partials: name: concatMap (p: map (v: p // { ${name} = v; }) set.${name}) partials) [ { } ] (attrNames set);
  cartesianProductOfSets = cartesianProduct;
  mapCartesianProduct = f: set: map f (cartesianProduct set);

  nameValuePair = name: value: { inherit name value; };
  mapAttrs' = f: set: listToAttrs (map (name: f name set.${name}) (attrNames set));
  mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
  attrsToList = mapAttrsToList nameValuePair;
  concatMapAttrs = f: set: mergeAttrsList (mapAttrsToList f set);
  mapAttrsRecursive = mapAttrsRecursiveCond (_: true);
  mapAttrsRecursiveCond =
    cond: f:
    let
      go =
        path:
        mapAttrs (
          name: v:
          let
            here = path ++ [ name ];
          in
          if isAttrs v && cond v then go here v else f here v
        );
    in
    go [ ];
  mapAttrsToListRecursive = mapAttrsToListRecursiveCond (_: _: true);
  mapAttrsToListRecursiveCond =
    pred: f:
    let
      go =
        path: v:
        if isAttrs v && (path == [ ] || pred path v) then
          concatMap (name: go (path ++ [ name ]) v.${name}) (attrNames v)
        else
          [ (f path v) ];
    in
    go [ ];
  genAttrs = names: f: listToAttrs (map (n: nameValuePair n (f n)) names);
  genAttrs' = xs: f: listToAttrs (map f xs);

  isDerivation = value: value.type or null == "derivation";
  # A derivation-like value from a store path.
  toDerivation =
    path:
    let
      path' = builtins.storePath path;
      res = {
        type = "derivation";
        name = lib.strings.sanitizeDerivationName (builtins.substring 33 (-1) (baseNameOf path'));
        outPath = path';
        outputs = [ "out" ];
        out = res;
        outputName = "out";
      };
    in
    res;

  optionalAttrs = cond: set: if cond then set else { };

  zipAttrsWithNames =
    names: f: sets:
    genAttrs names (name: f name (catAttrs name sets));
  zipAttrs = zipAttrsWith (_: values: values);
  # Balanced, so that long lists do not copy the growing result at each step.
  mergeAttrsList =
    list:
    let
      go =
        start: end:
        if end - start >= 2 then
          let
            mid = start + (end - start) / 2;
          in
          go start mid // go mid end
        else
          elemAt list start;
    in
    if list == [ ] then { } else go 0 (length list);

  recursiveUpdateUntil =
    pred: lhs: rhs:
    let
      go =
        path:
        zipAttrsWith (
          name: values:
          let
            here = path ++ [ name ];
          in
          if length values == 1 || pred here (elemAt values 1) (head values) then head values else go here values
        );
    in
    go [ ] [ rhs lhs ];
  recursiveUpdate = recursiveUpdateUntil (_: l: r: !(isAttrs l && isAttrs r));
  matchAttrs =
    pattern: attrs:
    assert isAttrs pattern;
    lib.lists.all (
      name:
      attrs ? ${name}
      && (
        if isAttrs pattern.${name} then
          isAttrs attrs.${name} && matchAttrs pattern.${name} attrs.${name}
        else
          pattern.${name} == attrs.${name}
      )
    ) (attrNames pattern);
  overrideExisting = old: new: mapAttrs (name: v: new.${name} or v) old;
  unionOfDisjoint =
    x: y:
    let
      shared = intersectAttrs x y;
      mask = mapAttrs (name: _: throw "unionOfDisjoint: collision on '${name}'") shared;
    in
    (x // y) // mask;

  getOutput =
    output: pkg:
    if pkg.outputSpecified or false then pkg else pkg.${output} or pkg.out or pkg;
  getFirstOutput =
    candidates: pkg:
    let
      outputs = builtins.filter (name: pkg ? ${name}) candidates;
    in
    if pkg.outputSpecified or false || outputs == [ ] then pkg else pkg.${head outputs};
  getBin = getOutput "bin";
  getLib = getFirstOutput [ "lib" "out" ];
  getStatic = getFirstOutput [ "static" "lib" "out" ];
  getDev = getOutput "dev";
  getInclude = getFirstOutput [ "include" "dev" "out" ];
  getMan = getFirstOutput [ "man" "out" ];
  chooseDevOutputs = map getDev;

  recurseIntoAttrs = set: set // { recurseForDerivations = true; };
  dontRecurseIntoAttrs = set: set // { recurseForDerivations = false; };
}
