# The seeds of each system that has a lock, made on `localSystem`.
{ lib, localSystem }:
let
  readJson = path: builtins.fromJSON (builtins.readFile path);
  fetchurl = import ../build-support/fetchurl.nix { inherit lib; };
  fetchSeed = file: fetchurl { url = "mirror://debian/${file.filename}"; inherit (file) sha256; };

  lockFor =
    system:
    let
      path = ../../seeds + "/${system}.json";
    in
    if builtins.pathExists path then readJson path else throw "There are no seeds for '${system}': make them with 'npm run seeds -- update --system ${system}'";

  platform =
    {
      x86_64-linux = { triplet = "x86_64-linux-gnu"; dynamicLinker = "ld-linux-x86-64.so.2"; };
      aarch64-linux = { triplet = "aarch64-linux-gnu"; dynamicLinker = "ld-linux-aarch64.so.1"; };
    }
    .${localSystem} or (throw "Packages cannot be built on '${localSystem}', only for it");

  bootstrap = import ../bootstrap {
    system = localSystem;
    inherit (platform) triplet dynamicLinker;
    lock = lockFor localSystem;
    nodejsLock = (readJson ../../seeds/nodejs.json).${localSystem};
    inherit fetchurl fetchSeed;
  };
  seedsFor =
    system:
    import ./. {
      inherit lib localSystem fetchSeed;
      lock = lockFor system;
      # programs of ordinary packages that the making of a few packages needs
      bootstrap = bootstrap // { hostSeeds = seedsFor localSystem; };
    };
in
{
  inherit bootstrap fetchurl fetchSeed seedsFor;
  sourcesFor = system: (lockFor system).sources;
}
