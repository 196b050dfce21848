# What packages written for nixpkgs expect of stdenv: phases and hooks, several outputs, patches, substitutions, C and C++
# with a library of another package, setup hooks, overriding.
{ stdenv, runCommand, writeText, lib, makeSetupHook, makeWrapper, callPackage, pkgs }:
let
  hook = makeSetupHook { name = "answer-hook"; substitutions.answer = "42"; } (writeText "answer-hook.sh" "export ANSWER=@answer@");

  library = stdenv.mkDerivation (finalAttrs: {
    pname = "answer";
    version = "1.0";
    src = runCommand "answer-src" { } ''
      mkdir $out
      printf '%s\n' '#include "answer.h"' 'int answer(void) { return WRONG; }' >$out/answer.c
      echo 'int answer(void);' >$out/answer.h
      printf '%s\n' '#!/bin/sh' 'echo "#define WRONG 41" >>answer.h' >$out/configure
      chmod +x $out/configure
      printf '%s\n' 'libanswer.so: answer.c answer.h' '	$(CC) -shared -fPIC -o $@ answer.c' \
        'check:' '	test -e libanswer.so' \
        'install:' '	mkdir -p $(PREFIX)/lib $(PREFIX)/include' '	cp libanswer.so $(PREFIX)/lib' '	cp answer.h $(PREFIX)/include' >$out/Makefile
    '';
    outputs = [ "out" "dev" ];
    patches = [
      (writeText "fix.patch" ''
        --- a/answer.c
        +++ b/answer.c
        @@ -1,2 +1,2 @@
         #include "answer.h"
        -int answer(void) { return WRONG; }
        +int answer(void) { return @answer@ + 0 * WRONG; }
      '')
    ];
    nativeBuildInputs = [ hook ];
    dontAddPrefix = true;
    doCheck = true;
    postPatch = ''
      substituteInPlace answer.c --replace-fail "@answer@" "$ANSWER"
      if (substituteInPlace answer.c --replace-fail nothing else) 2>/dev/null; then die "a missing pattern must fail"; fi
    '';
    preBuild = "preBuildRan=1";
    makeFlags = [ "CC=gcc" "PREFIX=${placeholder "out"}" ];
    postInstall = ''
      [ "$preBuildRan" = 1 ]
      mkdir -p $dev
      moveToOutput include "$dev"
      mkdir -p $out/bin $out/sbin
      printf '%s\n' '#!/usr/bin/env bash' 'echo script' >$out/sbin/script
      chmod +x $out/sbin/script
    '';
    passthru.answer = finalAttrs.version;
  });

  program = stdenv.mkDerivation {
    name = "ask";
    dontUnpack = true;
    buildInputs = [ library ];
    nativeBuildInputs = [ makeWrapper ];
    buildPhase = ''
      printf '%s\n' 'extern "C" {' '#include <answer.h>' '}' '#include <iostream>' '#include <thread>' \
        'int main() { std::thread t([] { std::cout << answer() << std::endl; }); t.join(); }' >ask.cc
      $CXX -O2 -o ask ask.cc -lanswer -pthread
    '';
    installPhase = ''
      mkdir -p $out/bin
      mv ask $out/bin
      wrapProgram $out/bin/ask --set UNUSED 1
    '';
  };

  overridden = (callPackage ({ stdenv, word ? "a" }: stdenv.mkDerivation { name = "word-${word}"; inherit word; buildCommand = "echo $word$more >$out"; }) { }).override { word = "b"; };
  extended = pkgs.extend (final: previous: { hello = previous.hello.overrideAttrs (old: { pname = "${old.pname}-again"; }); fromHello = final.hello.pname; });
in
assert library.answer == "1.0";
assert library.overrideAttrs (old: { version = "2.0"; }) != library && (library.overrideAttrs { version = "2.0"; }).answer == "2.0";
assert (overridden.overrideAttrs (old: { more = "c"; })).name == "word-b";
assert extended.fromHello == "hello-again";
runCommand "test-stdenv" { nativeBuildInputs = [ program ]; } ''
  [ "$(ask)" = 42 ]
  [ "$(${library}/bin/script)" = script ]
  [ -L ${library}/sbin ]
  [ -e ${library.dev}/include/answer.h ] && [ ! -e ${library}/include ]
  [ "$(cat ${overridden.overrideAttrs (old: { more = "c"; })})" = bc ]
  touch $out
''
