# The cluster of nodes given one by one, each as the text of a Nix expression or as the path of a file, in JSON:
#   nix-build cluster-from-nodes.nix --argstr name web --argstr nodes '{ "server": { "text": "{ services.nginx.enable = true; }" }, "client": { "path": "/…/client.nix" } }'
{
  name,
  nodes,
  system ? builtins.currentSystem,
}:
let
  testing = import ./. { inherit system; };
  load =
    nodeName: node:
    if node ? path then
      /. + node.path
    else
      # A file of its own, so that messages say where in the text something is wrong.
      import (builtins.toFile "${nodeName}.nix" node.text);
in
testing.makeCluster {
  inherit name;
  nodes = builtins.mapAttrs load (builtins.fromJSON nodes);
}
