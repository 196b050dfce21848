{ lib }:
let
  s = lib.strings;
in
{
  concatMapStringsSep = { expr = lib.concatMapStringsSep "-" (x: "<${x}>") [ "a" "b" ]; expected = "<a>-<b>"; };
  concatImapStringsSep = { expr = lib.concatImapStringsSep "," (i: x: "${toString i}${x}") [ "a" "b" ]; expected = "1a,2b"; };
  concatLines = { expr = lib.concatLines [ "a" "b" ]; expected = "a\nb\n"; };
  concatMapAttrsStringSep = { expr = s.concatMapAttrsStringSep "\n" (n: v: "${n}: foo-${v}") { a = "0.1"; b = "0.2"; }; expected = "a: foo-0.1\nb: foo-0.2"; };
  intersperse = { expr = [ (lib.intersperse "/" [ "a" "b" "c" ]) (lib.intersperse "/" [ ]) ]; expected = [ [ "a" "/" "b" "/" "c" ] [ ] ]; };
  trim = { expr = map lib.trim [ "  hello, world!\n" "" " \t" "x" ]; expected = [ "hello, world!" "" "" "x" ]; };
  trimWith = { expr = [ (lib.trimWith { start = true; } " a ") (lib.trimWith { end = true; } " a ") ]; expected = [ "a " " a" ]; };
  trimInner = { expr = lib.trim " a  b\nc "; expected = "a  b\nc"; };
  searchPath = { expr = lib.makeSearchPath "bin" [ "/root" null "/usr" ]; expected = "/root/bin:/usr/bin"; };
  binPath = { expr = lib.makeBinPath [ { outPath = "/a"; } { bin = "/b-bin"; out = "/b"; } ]; expected = "/a/bin:/b-bin/bin"; };
  normalizePath = { expr = s.normalizePath "/a//b///c/"; expected = "/a/b/c/"; };
  prefixes = { expr = [ (lib.hasPrefix "foo" "foobar") (lib.hasPrefix "foo" "barfoo") (lib.hasSuffix "foo" "barfoo") (lib.hasSuffix "barfoo" "foo") (lib.hasInfix "b.c" "ab.cd") (lib.hasInfix "b.c" "abxcd") ]; expected = [ true false true false true false ]; };
  removes = { expr = [ (lib.removePrefix "foo." "foo.bar") (lib.removePrefix "x" "foo") (lib.removeSuffix ".nix" "a.nix") (lib.removeSuffix "" "a") ]; expected = [ "bar" "foo" "a" "a" ]; };
  chars = { expr = lib.stringToCharacters "abc"; expected = [ "a" "b" "c" ]; };
  charToInt = { expr = map s.charToInt [ "A" "~" "\n" ]; expected = [ 65 126 10 ]; };
  escape = { expr = lib.escape [ "(" ")" ] "(foo)"; expected = "\\(foo\\)"; };
  escapeC = { expr = s.escapeC [ " " ] "foo bar"; expected = "foo\\x20bar"; };
  escapeShellArg = { expr = map lib.escapeShellArg [ "plain" "esc'ape\nme" "" "a b" 5 ]; expected = [ "plain" "'esc'\\''ape\nme'" "''" "'a b'" "5" ]; };
  escapeShellArgs = { expr = lib.escapeShellArgs [ "one" "two three" "four'five" ]; expected = "one 'two three' 'four'\\''five'"; };
  toShellVar = { expr = lib.toShellVars { l = [ "a b" "c" ]; s = "x y"; m = { k = "v v"; }; }; expected = "declare -a l=('a b' c)\ndeclare -A m=([k]='v v')\ns='x y'"; };
  escapeNixString = { expr = lib.escapeNixString "hello\${}\n"; expected = "\"hello\\\${}\\n\""; };
  escapeNixIdentifier = { expr = map lib.escapeNixIdentifier [ "hello" "0abc" "with space" "if" "a'b-c" ]; expected = [ "hello" "\"0abc\"" "\"with space\"" "\"if\"" "a'b-c" ]; };
  escapeRegex = { expr = lib.escapeRegex "[^a-z]*"; expected = "\\[\\^a-z]\\*"; };
  escapeURL = { expr = lib.escapeURL "https://x.org/a b?c=%"; expected = "https%3A%2F%2Fx.org%2Fa%20b%3Fc%3D%25"; };
  escapeXML = { expr = lib.escapeXML ''"test" 'test' < & >''; expected = "&quot;test&quot; &apos;test&apos; &lt; &amp; &gt;"; };
  cases = { expr = [ (lib.toUpper "hOme") (lib.toLower "HOME") (lib.toSentenceCase "hOME") (lib.toCamelCase "hello-world_again") ]; expected = [ "HOME" "home" "Home" "helloWorldAgain" ]; };
  splitString = { expr = [ (lib.splitString "." "foo.bar.baz") (lib.splitString "/" "/usr/local") (lib.splitString "," "") ]; expected = [ [ "foo" "bar" "baz" ] [ "" "usr" "local" ] [ "" ] ]; };
  splitStringBy = { expr = lib.splitStringBy (p: c: builtins.elem p [ "." ]) true "foo.bar"; expected = [ "foo." "bar" ]; };
  versionOlder = { expr = [ (lib.versionOlder "1.1" "1.2") (lib.versionOlder "1.1" "1.1") (lib.versionAtLeast "1.1" "1.1") (lib.versionOlder "2.3pre1" "2.3") ]; expected = [ true false true true ]; };
  getName = { expr = [ (lib.getName "youtube-dl-2016.01.01") (lib.getVersion "youtube-dl-2016.01.01") (lib.getName { pname = "foo"; }) ]; expected = [ "youtube-dl" "2016.01.01" "foo" ]; };
  nameFromURL = { expr = lib.nameFromURL "https://x/bp-0.1.tar.gz?ignore" "."; expected = "bp-0"; };
  features = { expr = [ (lib.enableFeature true "ssl") (lib.enableFeature false "ssl") (lib.enableFeatureAs true "x" "v") (lib.withFeature false "x") (lib.withFeatureAs true "x" "/p") (lib.mesonBool "a" true) (lib.mesonEnable "a" false) (lib.cmakeBool "A" true) (lib.cmakeFeature "A" "b") ]; expected = [ "--enable-ssl" "--disable-ssl" "--enable-x=v" "--without-x" "--with-x=/p" "-Da=true" "-Da=disabled" "-DA:BOOL=TRUE" "-DA:STRING=b" ]; };
  fixedWidth = { expr = [ (lib.fixedWidthString 5 "0" "15") (lib.fixedWidthNumber 3 7) ]; expected = [ "00015" "007" ]; };
  floatToString = { expr = map lib.floatToString [ 1.5 2.0 0.125 3 ]; expected = [ "1.5" "2" "0.125" "3" ]; };
  isStringLike = { expr = map lib.isStringLike [ "a" /a { outPath = "x"; } { __toString = _: "x"; } 1 [ ] ]; expected = [ true true true true false false ]; };
  isStorePath = { expr = map lib.isStorePath [ "/nix/store/abc" "/nix/store/abc/d" "/nix" 1 ]; expected = [ true false false false ]; };
  toInt = { expr = map lib.toInt [ "1337" "-4" " 123 " ]; expected = [ 1337 (-4) 123 ]; };
  toIntFails = { expr = map (x: (builtins.tryEval (lib.toInt x)).success) [ "0123" "abc" "1 2" ]; expected = [ false false false ]; };
  toIntBase10 = { expr = map lib.toIntBase10 [ "0123" "-007" "0" ]; expected = [ 123 (-7) 0 ]; };
  sanitize = { expr = map lib.sanitizeDerivationName [ "../hello.bar # foo" "" "ok-1.0" ".x" ]; expected = [ "-hello.bar-foo" "unknown" "ok-1.0" "x" ]; };
  levenshtein = { expr = [ (s.levenshtein "foo" "foo") (s.levenshtein "book" "hook") (s.levenshtein "kitten" "sitting") (s.levenshtein "" "abc") ]; expected = [ 0 1 3 3 ]; };
  levenshteinAtMost = { expr = [ (s.levenshteinAtMost 2 "nginx" "ngnix") (s.levenshteinAtMost 0 "a" "b") (s.levenshteinAtMost 1 "a" "aaaa") ]; expected = [ true false false ]; };
  commonLengths = { expr = [ (s.commonPrefixLength "abcdef" "abcxyz") (s.commonSuffixLength "fooo" "oo") ]; expected = [ 3 2 ]; };
  replaceString = { expr = lib.replaceString "world" "Nix" "Hello, world!"; expected = "Hello, Nix!"; };
  contextKept = { expr = builtins.hasContext (lib.concatStrings (lib.splitString "," "${builtins.toFile "x" "y"},b")); expected = true; };
  textClosure = {
    expr = lib.textClosureMap lib.id { a = lib.stringAfter [ "b" ] "A"; b = lib.noDepEntry "B"; c = lib.fullDepEntry "C" [ "a" ]; } [ "a" "b" "c" ];
    expected = "B\nA\nC";
  };
}
