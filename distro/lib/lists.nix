# Lists.
{ lib }:
let
  inherit (builtins) head tail length elemAt genList isList filter foldl' listToAttrs;
  inherit (lib.strings) toInt;
in
rec {
  inherit (builtins) head tail length isList elemAt concatLists filter elem genList map any all concatMap partition groupBy;
  # Unlike the builtin of old, the start value is forced first.
  foldl' = op: acc: builtins.seq acc (builtins.foldl' op acc);

  singleton = x: [ x ];
  forEach = xs: f: map f xs;
  foldr =
    op: nul: list:
    let
      n = length list;
      go = i: if i == n then nul else op (elemAt list i) (go (i + 1));
    in
    go 0;
  fold = foldr;
  foldl =
    op: nul: list:
    let
      go = i: if i == -1 then nul else op (go (i - 1)) (elemAt list i);
    in
    go (length list - 1);
  imap0 = f: list: genList (i: f i (elemAt list i)) (length list);
  imap1 = f: list: genList (i: f (i + 1) (elemAt list i)) (length list);
  ifilter0 =
    pred: list: map (i: elemAt list i) (filter (i: pred i (elemAt list i)) (genList (i: i) (length list)));
  flatten = x: if isList x then concatMap flatten x else [ x ];
  remove = e: filter (x: x != e);
  findSingle =
    pred: default: multiple: list:
    let
      found = filter pred list;
    in
    if found == [ ] then default else if length found == 1 then head found else multiple;
  findFirstIndex =
    pred: default: list:
    let
      n = length list;
      go = i: if i == n then default else if pred (elemAt list i) then i else go (i + 1);
    in
    go 0;
  findFirst =
    pred: default: list:
    let
      i = findFirstIndex pred null list;
    in
    if i == null then default else elemAt list i;
  count = pred: builtins.foldl' (n: x: if pred x then n + 1 else n) 0;
  optional = cond: x: if cond then [ x ] else [ ];
  optionals = cond: xs: if cond then xs else [ ];
  toList = x: if isList x then x else [ x ];
  range = first: last: if first > last then [ ] else genList (n: first + n) (last - first + 1);
  replicate = n: x: genList (_: x) n;
  groupBy' =
    op: nul: pred: list:
    builtins.mapAttrs (_: builtins.foldl' op nul) (groupBy pred list);
  zipListsWith =
    f: a: b:
    genList (i: f (elemAt a i) (elemAt b i)) (lib.trivial.min (length a) (length b));
  zipLists = zipListsWith (fst: snd: { inherit fst snd; });
  reverseList =
    xs:
    let
      n = length xs;
    in
    genList (i: elemAt xs (n - 1 - i)) n;

  # Depth-first search for the elements before all others; reports a cycle through the start element.
  listDfs =
    stopOnCycles: before: list:
    let
      go =
        us: visited: rest:
        let
          here = partition (x: before x us) rest;
          loops = filter (x: before x us) visited;
        in
        if stopOnCycles && loops != [ ] then
          {
            cycle = us;
            inherit loops visited rest;
          }
        else if here.right == [ ] then
          {
            minimal = us;
            inherit visited rest;
          }
        else
          go (head here.right) ([ us ] ++ visited) (tail here.right ++ here.wrong);
    in
    go (head list) [ ] (tail list);
  toposort =
    before: list:
    let
      found = listDfs true before list;
      rest = toposort before (found.visited ++ found.rest);
    in
    if length list < 2 then
      { result = list; }
    else if found ? cycle then
      {
        cycle = reverseList ([ found.cycle ] ++ found.visited);
        inherit (found) loops;
      }
    else if rest ? cycle then
      rest
    else
      { result = [ found.minimal ] ++ rest.result; };

  sort = builtins.sort;
  sortOn =
    f: list:
    map (p: elemAt p 1) (
      builtins.sort (a: b: head a < head b) (
        map (x: [ (f x) x ]) list
      )
    );
  compareLists =
    cmp: a: b:
    if a == [ ] then
      (if b == [ ] then 0 else -1)
    else if b == [ ] then
      1
    else
      let
        c = cmp (head a) (head b);
      in
      if c == 0 then compareLists cmp (tail a) (tail b) else c;
  # Digits compare as numbers: "foo9" before "foo10".
  naturalSort =
    list:
    let
      vectorise = s: map (x: if isList x then toInt (head x) else x) (builtins.split "(0|[1-9][0-9]*)" s);
      prepared = map (x: [ (vectorise x) x ]) list;
      less = a: b: compareLists lib.trivial.compare (head a) (head b) < 0;
    in
    map (x: elemAt x 1) (sort less prepared);

  take = n: sublist 0 n;
  takeEnd = n: xs: drop (lib.trivial.max 0 (length xs - n)) xs;
  drop = n: list: sublist n (length list) list;
  dropEnd = n: xs: take (lib.trivial.max 0 (length xs - n)) xs;
  sublist =
    start: count: list:
    let
      n = length list;
      size = if start >= n then 0 else if start + count > n then n - start else count;
    in
    genList (i: elemAt list (i + start)) size;
  hasPrefix = prefix: list: take (length prefix) list == prefix;
  removePrefix =
    prefix: list:
    if hasPrefix prefix list then drop (length prefix) list else throw "lists.removePrefix: the first list is not a prefix of the second";
  commonPrefix =
    a: b:
    let
      n = lib.trivial.min (length a) (length b);
      firstDifferent = findFirst (i: elemAt a i != elemAt b i) n (genList (i: i) n);
    in
    take firstDifferent a;
  last =
    list:
    assert lib.asserts.assertMsg (list != [ ]) "lists.last: list must not be empty!";
    elemAt list (length list - 1);
  init =
    list:
    assert lib.asserts.assertMsg (list != [ ]) "lists.init: list must not be empty!";
    take (length list - 1) list;
  crossLists = f: builtins.foldl' (fs: args: concatMap (g: map g args) fs) [ f ];

  unique = builtins.foldl' (acc: e: if elem e acc then acc else acc ++ [ e ]) [ ];
  uniqueStrings =
    list:
    builtins.attrNames (builtins.listToAttrs (map (name: { inherit name; value = null; }) list));
  allUnique = list: length (unique list) == length list;
  intersectLists = e: filter (x: elem x e);
  subtractLists = e: filter (x: !elem x e);
  mutuallyExclusive = a: b: !any (x: elem x b) a;
  concatAttrValues = set: builtins.concatLists (builtins.attrValues set);
}
