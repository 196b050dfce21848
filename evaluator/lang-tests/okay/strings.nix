# case: escapes
"a\tb\nc\rd\\e\"f\$g\${h}\x\z"
# case: dollar signs without a brace
"$ $$ $a $1 $$$ \$"
# case: dollar sign before an antiquotation
[ "$${x}" "$$${"y"}" "\${x}" "$\{x}" ]
# case: interpolation of nested strings
let a = "x"; in "<${"${a}-${"in${a}"}"}>"
# case: interpolation coerces sets with __toString
"${{ __toString = self: "v${self.x}"; x = "1"; }}"
# case: interpolation coerces sets with outPath
"${{ outPath = "/some/where"; }}/bin"
# case: outPath may itself be a set
"${{ outPath = { outPath = "deep"; }; }}"
# case: raw newline in a string
"line one
line two"
# case: carriage returns become newlines
builtins.stringLength "a
b"
# case: string with only an antiquotation
"${"only"}"
# case: comments are text inside strings
"# no comment /* here */"
# case: empty strings
[ "" "${""}" "a${""}b" ]
# case: concatenation
"a" + "b" + "${"c"}"
# case: comparison is by bytes
[ ("a" < "b") ("a" < "A") ("" < "a") ("ab" < "a") ("é" > "z") ("Z" < "a") ("a" == "a") ]
# case: length counts bytes
map builtins.stringLength [ "" "abc" "é" "€" "😀" ]
# case: substring
[ (builtins.substring 0 2 "abc") (builtins.substring 1 100 "abc") (builtins.substring 3 1 "abc") (builtins.substring 10 1 "abc") (builtins.substring 1 0 "abc") (builtins.substring 1 (-1) "abc") ]
# case: substring cuts bytes
builtins.substring 0 2 "éa" == "é"
# case: replaceStrings
[
  (builtins.replaceStrings [ "oo" "a" ] [ "a" "oo" ] "foobar")
  (builtins.replaceStrings [ "" ] [ "-" ] "abc")
  (builtins.replaceStrings [ "a" "" ] [ "x" "-" ] "aba")
  (builtins.replaceStrings [ "" "a" ] [ "-" "x" ] "aba")
  (builtins.replaceStrings [ ] [ ] "abc")
  (builtins.replaceStrings [ "ab" "a" ] [ "1" "2" ] "aab")
  (builtins.replaceStrings [ "" ] [ "x" ] "")
  (builtins.replaceStrings [ "a" ] [ "" ] "banana")
]
# case: replaceStrings takes the first pattern that matches
builtins.replaceStrings [ "a" "ab" ] [ "1" "2" ] "abab"
# case: concatStringsSep
[ (builtins.concatStringsSep ", " [ "a" "b" "c" ]) (builtins.concatStringsSep "-" [ ]) (builtins.concatStringsSep "-" [ "x" ]) (builtins.concatStringsSep "" [ "a" "" "b" ]) ]
# case: toString of everything that has a text
map toString [ "s" 1 (-2) true false null [ ] [ 1 2 [ 3 4 ] "x" true null ] [ [ ] [ ] ] [ "" "a" ] /a/b { outPath = "o"; } { __toString = _: "t"; } ]
# case: toString of nested empty lists keeps its spaces
[ (toString [ "a" [ ] "b" ]) (toString [ [ ] "a" ]) (toString [ "a" [ ] ]) (toString [ [ "" ] "" ]) ]
# case: string as attribute name
{ "a b" = 1; "${"c" + "d"}" = 2; "1x" = 3; "if" = 4; "x-y" = 5; "x'" = 6; "" = 7; }
# case: printing of escapes
"tab\t nl\n cr\r quote\" back\\ dollar\${x} lone$ $$"
# case: uri literals
[ http://example.org/foo?x=1 mailto:a x:y git+ssh://host/~user ]
# case: something that only looks like a uri
let x = 1; in [ (x: x) (a:b) ]
# case: baseNameOf and dirOf on strings
[ (baseNameOf "/a/b/c") (baseNameOf "/a/b/") (baseNameOf "abc") (baseNameOf "") (baseNameOf "/") (dirOf "/a/b/c") (dirOf "/a") (dirOf "abc") (dirOf "a/b") (dirOf "/") ]
# case: hashString
[ (builtins.hashString "md5" "") (builtins.hashString "sha1" "abc") (builtins.hashString "sha256" "") (builtins.hashString "sha512" "abc") ]
