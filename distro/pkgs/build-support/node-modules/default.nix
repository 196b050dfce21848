# A folder `node_modules` with npm packages and what they depend on, as the repository's package-lock.json pins them:
# each package a fixed output. `nodeModules { roots = [ "rxjs" "execa" ]; }`. Names are resolved as Node does: a package's
# own node_modules first, then those above. Install scripts are not run, so packages that need one do not work.
{ lib, runCommand, fetchurl }:
{
  roots,
  lockFile ? ../../../../package-lock.json,
  name ? "node-modules",
}:
let
  inherit (builtins) attrNames concatMap fromJSON genericClosure head match readFile;

  lock = fromJSON (readFile lockFile);

  # Where `name` is found when asked for from the package at `place`.
  resolve =
    place: wanted:
    let
      candidate = if place == "" then "node_modules/${wanted}" else "${place}/node_modules/${wanted}";
      above = match "(.*)/?node_modules/(@[^/]+/)?[^/]+" place;
      parent = lib.removeSuffix "/" (head above);
    in
    if lock.packages ? ${candidate} then candidate else if place == "" then null else resolve parent wanted;

  require =
    place: wanted:
    let
      found = resolve place wanted;
    in
    if found == null then throw "nodeModules: the lock has no '${wanted}', needed by '${if place == "" then name else place}'" else found;

  dependenciesOf =
    place:
    let
      package = lock.packages.${place};
      optional = attrNames (package.optionalDependencies or { });
      needed = builtins.filter (wanted: !builtins.elem wanted optional) (attrNames (package.dependencies or { }));
    in
    map (require place) needed;

  places = map (entry: entry.key) (genericClosure {
    startSet = map (root: { key = require "" root; }) roots;
    operator = entry: map (key: { inherit key; }) (dependenciesOf entry.key);
  });

  nameAt = place: builtins.elemAt (match "(.*/)?node_modules/((@[^/]+/)?[^/]+)" place) 1;
  tarball =
    place:
    let
      package = lock.packages.${place};
      full = package.name or (nameAt place);
      file = "${baseNameOf full}-${package.version}.tgz";
    in
    fetchurl {
      url = "mirror://npm/${full}/-/${file}";
      hash = package.integrity;
    };
in
runCommand name
  {
    list = lib.concatMapStrings (place: "${tarball place} ${place}\n") (lib.sort (a: b: a < b) places);
    passAsFile = [ "list" ];
    passthru = { inherit places; };
  }
  ''
    mkdir -p $out
    cd $out
    while read -r tarball place; do
      mkdir -p "$place"
      tar -xzf "$tarball" -C "$place" --strip-components=1 --no-same-permissions --mode=u+rwX,go+rX
    done <"$listPath"
  ''
