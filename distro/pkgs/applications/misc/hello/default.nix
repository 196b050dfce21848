# GNU hello, compiled from source.
{ lib, stdenv, debianFile, sourceTarballs }:
stdenv.mkDerivation (finalAttrs: {
  pname = "hello";
  version = builtins.head (builtins.match "([0-9.]+).*" sourceTarballs.hello.version);
  src = debianFile sourceTarballs.hello;
  doCheck = false;
  configureFlags = [ "--disable-nls" "--disable-dependency-tracking" ];
  postInstall = "rm -rf $out/share";
  doInstallCheck = true;
  postInstallCheck = ''
    [ "$($out/bin/hello)" = "Hello, world!" ]
  '';
  meta = {
    description = "Program that produces a familiar, friendly greeting";
    mainProgram = "hello";
    license = lib.licenses.gpl3Plus;
  };
})
