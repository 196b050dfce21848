# The nginx web server: virtual hosts with locations, written to one configuration file that is checked when the
# system is built.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types mkIf mkEnableOption optionalString concatMapStrings concatStrings mapAttrsToList optional optionals;
  cfg = config.services.nginx;
  listenType = types.submodule {
    options = {
      addr = mkOption { type = types.str; description = "Address."; };
      port = mkOption { type = types.nullOr types.port; default = null; description = "Port."; };
      ssl = mkOption { type = types.bool; default = false; description = "Whether connections are encrypted."; };
      proxyProtocol = mkOption { type = types.bool; default = false; description = "Whether the PROXY protocol is spoken."; };
      extraParameters = mkOption { type = types.listOf types.str; default = [ ]; description = "Further words of the directive."; };
    };
  };
  maybe = type: what: mkOption { type = types.nullOr type; default = null; description = what; };
  locationOptions = {
    options = {
      basicAuth = mkOption { type = types.attrsOf types.str; default = { }; description = "Users and passwords; anyone can read them in the store."; };
      basicAuthFile = maybe types.path "File with users and passwords.";
      proxyPass = maybe types.str "Address that requests are passed to.";
      proxyWebsockets = mkOption { type = types.bool; default = false; description = "Whether web sockets are passed too."; };
      uwsgiPass = maybe types.str "uWSGI server that requests are passed to.";
      fastcgiParams = mkOption { type = types.attrsOf (types.either types.str types.path); default = { }; description = "Parameters of FastCGI."; };
      index = maybe types.str "Names of index files.";
      tryFiles = maybe types.str "Files that are tried in turn.";
      root = maybe types.path "Folder of files.";
      alias = maybe types.path "Folder that takes the place of the location.";
      return = maybe (types.oneOf [ types.str types.int ]) "Answer to all requests.";
      extraConfig = mkOption { type = types.lines; default = ""; description = "Further lines of the location."; };
      priority = mkOption { type = types.int; default = 1000; description = "Order of the location, smaller first."; };
      recommendedProxySettings = mkOption { type = types.bool; default = cfg.recommendedProxySettings; description = "Whether the headers of proxies are set."; };
    };
  };
  vhostOptions =
    { name, ... }:
    {
      options = {
        serverName = maybe types.str "Name of the server; the attribute's name by default.";
        serverAliases = mkOption { type = types.listOf types.str; default = [ ]; description = "Further names of the server."; };
        listen = mkOption { type = types.listOf listenType; default = [ ]; description = "Addresses and ports to listen on."; };
        listenAddresses = mkOption { type = types.listOf types.str; default = cfg.defaultListenAddresses; description = "Addresses to listen on."; };
        default = mkOption { type = types.bool; default = false; description = "Whether it answers for unknown names."; };
        root = maybe types.path "Folder of files.";
        basicAuth = mkOption { type = types.attrsOf types.str; default = { }; description = "Users and passwords; anyone can read them in the store."; };
        basicAuthFile = maybe types.path "File with users and passwords.";
        addSSL = mkOption { type = types.bool; default = false; description = "Whether HTTPS is served along with HTTP."; };
        onlySSL = mkOption { type = types.bool; default = false; description = "Whether HTTPS alone is served."; };
        forceSSL = mkOption { type = types.bool; default = false; description = "Whether HTTP is sent to HTTPS."; };
        rejectSSL = mkOption { type = types.bool; default = false; description = "Whether HTTPS is refused."; };
        sslCertificate = maybe types.path "File of the certificate.";
        sslCertificateKey = maybe types.path "File of the certificate's key.";
        http2 = mkOption { type = types.bool; default = true; description = "Whether HTTP/2 is spoken."; };
        globalRedirect = maybe types.str "Host that all requests are sent to.";
        redirectCode = mkOption { type = types.int; default = 301; description = "Status of redirects."; };
        extraConfig = mkOption { type = types.lines; default = ""; description = "Further lines of the server."; };
        locations = mkOption { type = types.attrsOf (types.submodule locationOptions); default = { }; description = "Locations by their pattern."; };
      };
    };

  authFile = name: users: pkgs.writeText "${name}.htpasswd" (concatStrings (mapAttrsToList (u: p: "${u}:{PLAIN}${p}\n") users));
  authLines =
    name: x:
    let
      file = if x.basicAuthFile != null then x.basicAuthFile else authFile name x.basicAuth;
    in
    optionalString (x.basicAuth != { } || x.basicAuthFile != null) "auth_basic secured;\nauth_basic_user_file ${file};\n";
  line = name: v: optionalString (v != null) "${name} ${toString v};\n";
  proxyHeaders = ''
    proxy_set_header Host $host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $host;
    proxy_set_header X-Forwarded-Server $hostname;
  '';
  locationText =
    { name, value }:
    ''
      location ${name} {
        ${optionalString (value.proxyPass != null && !cfg.proxyResolveWhileRunning) "proxy_pass ${value.proxyPass};\n"}${
          optionalString value.proxyWebsockets "proxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection $connection_upgrade;\n"
        }${line "uwsgi_pass" value.uwsgiPass}${concatStrings (mapAttrsToList (k: v: "fastcgi_param ${k} \"${toString v}\";\n") value.fastcgiParams)}${line "index" value.index}${
          line "try_files" value.tryFiles
        }${line "root" value.root}${line "alias" value.alias}${line "return" value.return}${authLines name value}${value.extraConfig}
        ${optionalString (value.proxyPass != null && value.recommendedProxySettings) proxyHeaders}
      }
    '';
  sortedLocations = set: builtins.sort (a: b: a.value.priority < b.value.priority) (lib.attrsToList set);

  vhostText =
    name: vhost:
    let
      hasSsl = vhost.onlySSL || vhost.addSSL || vhost.forceSSL;
      addresses = ssl: map (addr: { inherit addr ssl; port = if ssl then cfg.defaultSSLListenPort else cfg.defaultHTTPListenPort; proxyProtocol = false; extraParameters = [ ]; }) vhost.listenAddresses;
      listens =
        if vhost.listen != [ ] then vhost.listen
        else optionals (hasSsl || vhost.rejectSSL) (addresses true) ++ optionals (!vhost.onlySSL) (addresses false);
      main = if vhost.forceSSL then builtins.filter (l: l.ssl) listens else listens;
      plain = builtins.filter (l: !l.ssl) listens;
      listenLine =
        l:
        "listen ${l.addr}${optionalString (l.port != null) ":${toString l.port}"}${optionalString vhost.default " default_server"}${optionalString l.ssl " ssl"}${
          optionalString (l.ssl && vhost.http2) " http2"
        }${optionalString l.proxyProtocol " proxy_protocol"}${concatMapStrings (p: " ${p}") l.extraParameters};\n";
      names = toString ([ (if vhost.serverName != null then vhost.serverName else name) ] ++ vhost.serverAliases);
      server = listenList: body: ''
        server {
          ${concatMapStrings listenLine listenList}server_name ${names};
          ${body}
        }
      '';
    in
    optionalString vhost.forceSSL (server plain "location / { return ${toString vhost.redirectCode} https://$host$request_uri; }")
    + server main ''
      ${line "root" vhost.root}${optionalString (vhost.globalRedirect != null) "location / { return ${toString vhost.redirectCode} http${optionalString hasSsl "s"}://${vhost.globalRedirect}$request_uri; }\n"}${
        optionalString hasSsl "ssl_certificate ${toString vhost.sslCertificate};\nssl_certificate_key ${toString vhost.sslCertificateKey};\n"
      }${optionalString vhost.rejectSSL "ssl_reject_handshake on;\n"}${authLines name vhost}${concatMapStrings locationText (sortedLocations vhost.locations)}
      ${vhost.extraConfig}
    '';
  upstreamText = name: u: ''
    upstream ${name} {
      ${concatStrings (mapAttrsToList (server: o: "server ${server}${optionalString (o.backup or false) " backup"};\n") u.servers)}${u.extraConfig}
    }
  '';

  configText =
    if cfg.config != "" then "pid /run/nginx/nginx.pid;\nerror_log ${cfg.logError};\ndaemon off;\n${cfg.config}"
    else ''
      pid /run/nginx/nginx.pid;
      error_log ${cfg.logError};
      daemon off;
      ${cfg.prependConfig}
      events { ${cfg.eventsConfig} }
      http {
        include ${cfg.defaultMimeTypes};
        default_type application/octet-stream;
        types_hash_max_size 4096;
        server_names_hash_max_size 1024;
        ${optionalString (cfg.resolver.addresses != [ ]) "resolver ${toString cfg.resolver.addresses};\n"}access_log syslog:server=unix:/dev/log,nohostname;
        client_body_temp_path /var/cache/nginx/client_body;
        proxy_temp_path /var/cache/nginx/proxy;
        fastcgi_temp_path /var/cache/nginx/fastcgi;
        uwsgi_temp_path /var/cache/nginx/uwsgi;
        scgi_temp_path /var/cache/nginx/scgi;
        ${optionalString cfg.recommendedOptimisation "sendfile on;\ntcp_nopush on;\ntcp_nodelay on;\nkeepalive_timeout 65;\n"}${
          optionalString cfg.recommendedTlsSettings "ssl_session_timeout 1d;\nssl_session_cache shared:SSL:10m;\nssl_session_tickets off;\nssl_prefer_server_ciphers off;\n"
        }ssl_protocols ${cfg.sslProtocols};
        ${line "ssl_ciphers" cfg.sslCiphers}${
          optionalString cfg.recommendedGzipSettings "gzip on;\ngzip_static on;\ngzip_vary on;\ngzip_comp_level 5;\ngzip_min_length 256;\ngzip_proxied expired no-cache no-store private auth;\ngzip_types application/atom+xml application/json application/javascript application/xml image/svg+xml text/css text/plain text/xml;\n"
        }${optionalString cfg.recommendedProxySettings "proxy_redirect off;\nproxy_connect_timeout ${cfg.proxyTimeout};\nproxy_send_timeout ${cfg.proxyTimeout};\nproxy_read_timeout ${cfg.proxyTimeout};\nproxy_http_version 1.1;\n"}
        map $http_upgrade $connection_upgrade {
          default upgrade;
          "" close;
        }
        client_max_body_size ${cfg.clientMaxBodySize};
        server_tokens ${if cfg.serverTokens then "on" else "off"};
        ${cfg.commonHttpConfig}
        ${concatStrings (mapAttrsToList upstreamText cfg.upstreams)}
        ${concatStrings (mapAttrsToList vhostText cfg.virtualHosts)}
        ${optionalString cfg.statusPage "server { listen 127.0.0.1:${toString cfg.defaultHTTPListenPort}; server_name localhost; access_log off; location /nginx_status { stub_status on; allow 127.0.0.1; deny all; } }\n"}
        ${cfg.appendHttpConfig}
      }
      ${cfg.appendConfig}
    '';
  # Blank lines and left-over indentation go, so that errors name lines that a person can count.
  configFile = pkgs.runCommand "nginx.conf" { preferLocalBuild = true; passAsFile = [ "text" ]; text = configText; } ''
    sed -e 's/^[ \t]*//' -e '/^$/d' "$textPath" > $out
  '';
in
{
  options.services.nginx = {
    enable = mkEnableOption "Nginx Web Server";
    package = mkOption { type = types.package; default = pkgs.nginx; defaultText = lib.literalExpression "pkgs.nginx"; description = "Package of nginx."; };
    user = mkOption { type = types.str; default = "nginx"; description = "User that nginx runs as."; };
    group = mkOption { type = types.str; default = "nginx"; description = "Group that nginx runs as."; };
    virtualHosts = mkOption { type = types.attrsOf (types.submodule vhostOptions); default = { localhost = { }; }; example = { "example.org".root = "/var/www"; }; description = "Virtual hosts by name."; };
    upstreams = mkOption {
      default = { };
      type = types.attrsOf (
        types.submodule {
          options.servers = mkOption { type = types.attrsOf types.attrs; default = { }; description = "Servers by address."; };
          options.extraConfig = mkOption { type = types.lines; default = ""; description = "Further lines."; };
        }
      );
      description = "Groups of servers that requests are passed to.";
    };
    recommendedOptimisation = mkOption { type = types.bool; default = false; description = "Whether recommended optimisations are used."; };
    recommendedTlsSettings = mkOption { type = types.bool; default = false; description = "Whether recommended settings of TLS are used."; };
    recommendedGzipSettings = mkOption { type = types.bool; default = false; description = "Whether recommended settings of compression are used."; };
    recommendedProxySettings = mkOption { type = types.bool; default = false; description = "Whether recommended settings of proxies are used."; };
    proxyTimeout = mkOption { type = types.str; default = "60s"; description = "Time-outs of proxies."; };
    proxyResolveWhileRunning = mkOption { type = types.bool; default = false; internal = true; description = "Not supported."; };
    resolver.addresses = mkOption { type = types.listOf types.str; default = [ ]; description = "Name servers."; };
    defaultListenAddresses = mkOption { type = types.listOf types.str; default = [ "0.0.0.0" ] ++ optional config.networking.enableIPv6 "[::0]"; description = "Addresses that virtual hosts listen on."; };
    defaultHTTPListenPort = mkOption { type = types.port; default = 80; description = "Port of HTTP."; };
    defaultSSLListenPort = mkOption { type = types.port; default = 443; description = "Port of HTTPS."; };
    defaultMimeTypes = mkOption { type = types.path; default = "${cfg.package}/conf/mime.types"; description = "File with types of media."; };
    logError = mkOption { type = types.str; default = "stderr"; description = "Where errors are logged."; };
    prependConfig = mkOption { type = types.lines; default = ""; description = "Lines before the configuration."; };
    appendConfig = mkOption { type = types.lines; default = ""; description = "Lines after the configuration."; };
    config = mkOption { type = types.str; default = ""; description = "The whole configuration, in place of all other options."; };
    httpConfig = mkOption { type = types.lines; default = ""; internal = true; description = "Use `appendHttpConfig`."; };
    appendHttpConfig = mkOption { type = types.lines; default = ""; description = "Further lines of the block `http`, at its end."; };
    commonHttpConfig = mkOption { type = types.lines; default = ""; description = "Further lines of the block `http`."; };
    eventsConfig = mkOption { type = types.lines; default = ""; description = "Lines of the block `events`."; };
    clientMaxBodySize = mkOption { type = types.str; default = "10m"; description = "Largest request."; };
    serverTokens = mkOption { type = types.bool; default = false; description = "Whether the version is told."; };
    statusPage = mkOption { type = types.bool; default = false; description = "Whether a page with numbers is served to the machine itself."; };
    sslProtocols = mkOption { type = types.str; default = "TLSv1.2 TLSv1.3"; description = "Versions of TLS."; };
    sslCiphers = mkOption { type = types.nullOr types.str; default = null; description = "Ciphers of TLS."; };
    enableReload = mkOption { type = types.bool; default = false; description = "Whether a switch reloads instead of restarting."; };
    preStart = mkOption { type = types.lines; default = ""; description = "Shell commands before nginx starts."; };
    validateConfigFile = mkOption { type = types.bool; default = true; description = "Whether the configuration is checked before nginx starts."; };
  };
  config = mkIf cfg.enable {
    assertions =
      mapAttrsToList (name: v: {
        assertion = builtins.length (builtins.filter (x: x) [ v.addSSL v.onlySSL v.forceSSL v.rejectSSL ]) <= 1;
        message = "services.nginx.virtualHosts.${name}: options addSSL, onlySSL, forceSSL and rejectSSL are mutually exclusive.";
      }) cfg.virtualHosts
      ++ mapAttrsToList (name: v: {
        assertion = !(v.addSSL || v.onlySSL || v.forceSSL) || (v.sslCertificate != null && v.sslCertificateKey != null);
        message = "services.nginx.virtualHosts.${name}: TLS needs 'sslCertificate' and 'sslCertificateKey'.";
      }) cfg.virtualHosts
      ++ lib.concatLists (
        mapAttrsToList (
          name: v:
          mapAttrsToList (path: l: {
            assertion = l.root == null || l.alias == null;
            message = "services.nginx.virtualHosts.${name}.locations.${path}: only one of root and alias can be set.";
          }) v.locations
        ) cfg.virtualHosts
      );
    users.users = lib.optionalAttrs (cfg.user == "nginx") {
      nginx = { group = cfg.group; isSystemUser = true; uid = config.ids.uids.nginx; };
    };
    users.groups = lib.optionalAttrs (cfg.group == "nginx") { nginx.gid = config.ids.gids.nginx; };
    environment.etc."nginx/nginx.conf" = mkIf cfg.enableReload { source = configFile; };
    systemd.services.nginx = {
      description = "Nginx Web Server";
      wantedBy = [ "multi-user.target" ];
      after = [ "network.target" ];
      stopIfChanged = false;
      restartTriggers = optionals (!cfg.enableReload) [ configFile ];
      reloadTriggers = optionals cfg.enableReload [ configFile ];
      preStart = cfg.preStart + optionalString cfg.validateConfigFile "${cfg.package}/bin/nginx -e stderr -c ${configFile} -t -q\n";
      serviceConfig = {
        ExecStart = "${cfg.package}/bin/nginx -e stderr -c ${if cfg.enableReload then "/etc/nginx/nginx.conf" else configFile}";
        ExecReload = [
          "${cfg.package}/bin/nginx -e stderr -c ${configFile} -t -q"
          "${pkgs.coreutils}/bin/kill -HUP $MAINPID"
        ];
        Restart = "always";
        RestartSec = "10s";
        User = cfg.user;
        Group = cfg.group;
        RuntimeDirectory = "nginx";
        RuntimeDirectoryMode = "0750";
        CacheDirectory = "nginx";
        CacheDirectoryMode = "0750";
        LogsDirectory = "nginx";
        LogsDirectoryMode = "0750";
        ProcSubset = "pid";
        ProtectProc = "invisible";
        UMask = "0027";
        AmbientCapabilities = [ "CAP_NET_BIND_SERVICE" "CAP_SYS_RESOURCE" ];
        CapabilityBoundingSet = [ "CAP_NET_BIND_SERVICE" "CAP_SYS_RESOURCE" ];
        NoNewPrivileges = true;
        ProtectSystem = "strict";
        ProtectHome = true;
        PrivateTmp = true;
      };
    };
  };
}
