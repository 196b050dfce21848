/** What people who write Nix get wrong, one a case: an expression, or files of which the last is evaluated. */

import { join } from "node:path";
import { distroFolder } from "../project.ts";

export interface Mistake {
  readonly name: string;
  readonly text: string;
  /** Other files beside it. */
  readonly files?: Readonly<Record<string, string>>;
  readonly attributePath?: string;
}

/** A configuration of the distro, written as people write one. */
function system(setting: string): string {
  return `(import ${join(distroFolder, "nixos")} {
  configuration = { config, ... }: {
    ${setting}
  };
}).config.networking.hostName
`;
}

// Nix interpolations, not ours.
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: see above
export const mistakes: readonly Mistake[] = [
  {
    name: "a missing semicolon",
    text: `{ pkgs, ... }:
{
  services.nginx.enable = true
  services.openssh.enable = true;
}
`,
  },
  { name: "a semicolon too many in a list", text: `{\n  packages = [\n    "vim";\n    "git"\n  ];\n}\n` },
  { name: "commas in a list", text: `{ xs = [ 1, 2, 3 ]; }` },
  { name: "a missing brace", text: `{\n  a = {\n    b = 1;\n  c = 2;\n}\n` },
  { name: "a string that does not end", text: `{\n  a = "one;\n  b = "two";\n}\n` },
  { name: "one equals sign in a condition", text: `x: if x = 1 then "a" else "b"` },
  { name: "a colon in place of an equals sign", text: `{ a: 1; }` },
  { name: "if without else", text: `{ a = if true then 1; }` },
  { name: "an attribute that is set twice", text: `{\n  a.b = 1;\n  c = 2;\n  a.b = 3;\n}\n` },
  { name: "a misspelt variable", text: `let\n  version = "1.0";\nin\n"hello-\${verison}"\n` },
  { name: "a variable of with that is not there", text: `with { vim = 1; git = 2; }; [ vim gti ]` },
  { name: "a misspelt attribute", text: `let\n  pkgs = { firefox = 1; git = 2; };\nin\n[ pkgs.git pkgs.fierfox ]\n` },
  { name: "a misspelt builtin", text: `builtins.mapAttr (n: v: v) { }` },
  {
    name: "an attribute path from the command line",
    text: `{ hello = 1; nested.world = 2; }`,
    attributePath: "nested.wrold",
  },
  {
    name: "a missing argument",
    text: `let\n  f = { name, version, ... }: "\${name}-\${version}";\nin\nf { name = "x"; }\n`,
  },
  {
    name: "an unexpected argument",
    text: `let\n  mk = { name, src }: name;\nin\nmk { name = "x"; scr = ./.; src = 1; }\n`,
  },
  {
    name: "an argument that the command line has to give",
    text: `{ a = { pkgs, lib ? null }: { b = pkgs; }; }`,
    attributePath: "a.b",
  },
  { name: "a function that is not called", text: `let f = a: b: a + b; in "\${f 1}"` },
  { name: "a call of what is no function", text: `let\n  lib = { id = x: x; };\nin\nlib "x"\n` },
  { name: "a list where parentheses were meant", text: `let f = x: x + 1; in [ f 1 ] ++ (f 1)` },
  { name: "a string plus an integer", text: `let\n  port = 80;\nin\n"listen " + port\n` },
  { name: "an integer in a string", text: `let port = 80; in "listen \${port}"` },
  { name: "an integer plus a string", text: `1 + "1"` },
  { name: "a set in a string", text: `let cfg = { host = "a"; port = 1; }; in "http://\${cfg}"` },
  { name: "a null in a condition", text: `let enable = null; in if enable then 1 else 2` },
  { name: "comparing different types", text: `let version = "24"; in version < 25` },
  { name: "a division by zero", text: `let n = 0; in 100 / n` },
  {
    name: "an empty list's head",
    text: `let\n  users = builtins.filter (u: u.admin) [ { admin = false; } ];\nin\nbuiltins.head users\n`,
  },
  {
    name: "a file that is not there",
    text: `{\n  imports = map import [ ./hardwear.nix ];\n}\n`,
    attributePath: "imports.0",
  },
  { name: "a missing file among near ones", text: `import ./hardwear.nix`, files: { "hardware.nix": "1" } },
  { name: "a search path that is not there", text: `import <nixpkgs> { }` },
  {
    name: "a mistake in an imported file",
    text: `let\n  lib = import ./lib.nix;\nin\nlib.double "x"\n`,
    files: { "lib.nix": "{\n  double = n: n * 2;\n}\n" },
  },
  { name: "infinite recursion of a variable", text: `let\n  a = b + 1;\n  b = c + 1;\n  c = a + 1;\nin\na\n` },
  { name: "infinite recursion of rec", text: `rec {\n  x = y.z;\n  y = { z = x; };\n}.x\n` },
  {
    name: "infinite recursion through a configuration",
    text: `let
  fix = f: let x = f x; in x;
  modules = config: {
    enable = config.port != null;
    port = if config.enable then 80 else null;
  };
in
(fix modules).enable
`,
  },
  {
    name: "a failed assertion",
    text: `let\n  version = "2.0";\nin\nassert version == "1.0" || builtins.elem version [ "1.1" ];\n1\n`,
  },
  {
    name: "a thrown message",
    text: `let\n  unsupported = throw "this package is not for your system";\n  pkg = { src = unsupported; };\nin\npkg.src\n`,
  },
  { name: "an abort", text: `abort "cannot go on"` },
  {
    name: "context that was added",
    text: `let
  check = name: value: builtins.addErrorContext "while evaluating the option '\${name}':" (value + 1);
in
check "services.port" "80"
`,
  },
  {
    name: "a derivation without a builder",
    text: `derivation { name = "x"; system = "x86_64-linux"; }`,
    attributePath: "drvPath",
  },
  { name: "a bad name of a derivation", text: `(derivation { name = "a b"; system = "x"; builder = "/x"; }).drvPath` },
  { name: "bad JSON", text: `builtins.fromJSON "{ \\"a\\": 1, }"` },
  { name: "an invalid regular expression", text: `builtins.match "(a" "a"` },
  { name: "an index out of range", text: `let xs = [ 1 2 ]; in builtins.elemAt xs 2` },
  {
    name: "an option that does not exist",
    text: system("services.nginx.enabel = true;"),
  },
  {
    name: "a wrong type of an option",
    text: system("networking.hostName = 5;"),
  },
  {
    name: "infinite recursion of options",
    text: system('networking.hostName = "x" + config.networking.hostName;'),
  },
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above
