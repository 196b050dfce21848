# A web server that only lets in HTTP, and a client.
{ pkgs, ... }:
{
  nodes.server = {
    services.nginx.enable = true;
    services.nginx.virtualHosts.server = {
      default = true;
      root = pkgs.writeTextDir "index.html" ''
        <!doctype html>
        <title>First light</title>
        <h1>First light</h1>
      '';
    };
    networking.firewall.allowedTCPPorts = [ 80 ];
  };
  nodes.client = {
    environment.systemPackages = [ pkgs.curl ];
  };
}
