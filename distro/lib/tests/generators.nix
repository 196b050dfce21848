{ lib }:
let
  g = lib.generators;
in
{
  keyValue = { expr = g.toKeyValue { } { key = "value"; other = 2; yes = true; nothing = null; }; expected = "key=value\nnothing=null\nother=2\nyes=true\n"; };
  keyValueDuplicates = { expr = g.toKeyValue { listsAsDuplicateKeys = true; } { a = [ 1 2 ]; }; expected = "a=1\na=2\n"; };
  keyValueEscape = { expr = g.toKeyValue { } { "a=b" = 1; }; expected = "a\\=b=1\n"; };
  ini = { expr = g.toINI { } { b.x = 1; a = { z = true; y = "s"; }; }; expected = "[a]\ny=s\nz=true\n\n[b]\nx=1\n"; };
  iniEmpty = { expr = g.toINI { } { foo = { }; }; expected = "[foo]\n"; };
  iniGlobal = { expr = g.toINIWithGlobalSection { } { globalSection.a = 1; sections.b.c = 2; }; expected = "a=1\n\n[b]\nc=2\n"; };
  gitIni = { expr = g.toGitINI { user.name = "A"; url."x".insteadOf = "y"; }; expected = "[url \"x\"]\n\tinsteadOf = \"y\"\n\n[user]\n\tname = \"A\"\n"; };
  prettyScalars = { expr = map (g.toPretty { }) [ 1 "a\"b" true null [ ] { } ]; expected = [ "1" "\"a\\\"b\"" "true" "null" "[ ]" "{ }" ]; };
  prettyNested = { expr = g.toPretty { } { a = [ 1 2 ]; }; expected = "{\n  a = [\n    1\n    2\n  ];\n}"; };
  prettySingleLine = { expr = g.toPretty { multiline = false; } { a = [ 1 { b = "c"; } ]; }; expected = "{ a = [ 1 { b = \"c\"; } ]; }"; };
  prettyFunction = { expr = [ (g.toPretty { } (x: x)) (g.toPretty { } ({ a, b ? 1 }: a)) ]; expected = [ "<function>" "<function, args: {a, b?}>" ]; };
  prettyDerivation = { expr = g.toPretty { } { type = "derivation"; name = "hello-1"; }; expected = "<derivation hello-1>"; };
  withRecursion = { expr = g.withRecursion { depthLimit = 1; throwOnDepthLimit = false; } { a.b.c = 1; }; expected = { a.b = "<unevaluated>"; }; };
  lua = { expr = g.toLua { multiline = false; } { a = [ 1 "x" null ]; b = g.mkLuaInline "f()"; }; expected = "{ [\"a\"] = { 1, \"x\", nil }, [\"b\"] = (f()) }"; };
  gnuCommandLine = { expr = lib.cli.toGNUCommandLine { } { data = "x"; X = "PUT"; verbose = true; quiet = false; url = [ "a" "b" ]; none = null; }; expected = [ "-X" "PUT" "--data" "x" "--url" "a" "--url" "b" "--verbose" ]; };
}
