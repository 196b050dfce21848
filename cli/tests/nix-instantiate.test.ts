/** `nix-instantiate` beside that of Nix 2.8: the same standard output to the byte, and the same exit code. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { Workshop } from "./firn-process.ts";

const workshop = new Workshop();
after(() => workshop[Symbol.dispose]());

const isOracle = /2\.8\./.test(spawnSync("nix-instantiate", ["--version"], { encoding: "utf8" }).stdout ?? "");

const drv = (name: string, more = ""): string =>
  `derivation { name = "${name}"; system = "x86_64-linux"; builder = "/bin/sh"; ${more} }`;
workshop.write(
  "t.nix",
  `{ x ? 1, y ? 2 }: { a = x; b.c = y; s = "str"; l = [ 1 2 { z = 3; } ]; d = ${drv("n")};
  e = ${drv("e", 'outputs = [ "out" "dev" ];')}; nested = { recurseForDerivations = true; deep = ${drv("deep")}; }; f = { q }: q; }`,
);
workshop.write("list.nix", `[ (${drv("one")}) { two = ${drv("two")}; } ]`);
workshop.write("default.nix", "{ here = 1; }");
workshop.write("bad.nix", "{ a = 1 }");
workshop.write("lib.nix", "{ id = x: x; }");
workshop.write("folder/default.nix", '"in a folder"');
symlinkSync("t.nix", join(workshop.folder, "link.nix"));

interface Case {
  readonly args: readonly string[];
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const values = [
  "1",
  "1.0",
  "0.1",
  "1e6",
  "123456789.5",
  "1.0e-7",
  "-5",
  "9223372036854775807",
  "null",
  "true",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Nix interpolates
  '"a\\nb\\t\\"\\\\ \\${x} $y"',
  '"é"',
  "./x",
  "[ ]",
  "{ }",
  "[ 1 (1 + 1) ]",
  '{ "if" = 1; "a b" = 2; a-b = 3; "1" = 4; }',
  "x: x",
  "{ x }: x",
  "builtins.map",
  "map (x: x)",
  "rec { a = { }; b = a; c = [ ]; d = c; }",
  "let a = { x = 1; }; in [ a a ]",
  "let a = [ 1 ]; in { p = a; q = a; }",
  "rec { a = 1; b = a; c = x: x; d = [ b ]; }",
  "let x = { inherit x; }; in x",
];

// Nix interpolations, not ours.
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: see above
const parsed = [
  "1 + 2 * 3",
  "a: b: { c, d ? 1, ... }@e: a b (c d)",
  "{ a, b }: { inherit a; inherit (b) c; x.y.z = 1; ${a} = 2; }",
  "rec { a = 1; b = a; }",
  "let a = 1; in a",
  "let { body = 1; }",
  "x: ''\n  foo ${x}\n    bar\n''",
  'x: "a${x}b"',
  "x: ./a/${x}/b",
  "x: -x",
  "x: y: [ (x < y) (x > y) (x <= y) (x >= y) (x - y) (x / y) ]",
  "x: x.a.b or 1",
  'x: x ? a."b c".${x}',
  "x: with x; assert x; if x then y else !z",
  "x: x -> x && x || x == x // x ++ x",
  "<a/b>",
  "http://example.org/x",
  "__curPos",
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above

/** Without those that go on for ever where all is computed. */
const finite = values.filter((text) => !text.includes("inherit x"));

const cases: readonly Case[] = [
  { args: ["--eval", "-E", ...values] },
  { args: ["--eval", "--strict", "-E", ...finite] },
  { args: ["--eval", "--xml", "--no-location", "-E", ...values] },
  { args: ["--eval", "--xml", "--no-location", "--strict", "-E", ...finite] },
  ...["1", '"a"', "1.5", "{ a = [ 1 null true ]; }", "x: x"].map((text) => ({
    args: ["--eval", "--strict", "--json", "-E", text],
  })),
  { args: ["t.nix", "-A", "d"] },
  { args: ["t.nix", "-A", "e"] },
  { args: ["t.nix", "-A", "e.dev"] },
  { args: ["t.nix", "-A", "e.all"] },
  { args: ["t.nix", "-A", "d", "-A", "e", "-A", "e.dev"] },
  { args: ["t.nix"] },
  { args: ["link.nix", "-A", "d"] },
  { args: ["t.nix", "list.nix"] },
  { args: ["list.nix", "-A", "1.two"] },
  { args: ["t.nix", "-A", "a"] },
  { args: ["t.nix", "-A", "nope"] },
  { args: ["--dry-run", "t.nix", "-A", "d"] },
  { args: ["--readonly-mode", "t.nix", "-A", "d"] },
  { args: ["-j", "2", "--cores", "1", "-v", "-Q", "-k", "t.nix", "-A", "d"] },
  { args: ["--eval", "t.nix", "-A", "a", "-A", "b.c"] },
  { args: ["--eval", "t.nix", "-A", "b", "--arg", "y", "1 + 1"] },
  { args: ["--eval", "--strict", "t.nix", "-A", "b", "--argstr", "y", "text"] },
  { args: ["--eval", "t.nix", "-A", "f", "--arg", "q", "7"] },
  { args: ["--eval", "t.nix", "-A", "l.2.z"] },
  { args: ["--eval", "t.nix", "-A", "l.9"] },
  { args: ["--eval", "t.nix"] },
  { args: ["--eval", "--arg", "x", "3", "t.nix"] },
  { args: ["--eval", "--strict", "--arg", "x", "3", "lib.nix"] },
  { args: ["--eval", "--xml", "t.nix"] },
  { args: ["--eval", "--xml", "--no-location", "t.nix"] },
  { args: ["--eval", "--xml", "--no-location", "--strict", "t.nix", "-A", "d"] },
  { args: ["--eval", "--xml", "t.nix", "-A", "l"] },
  { args: ["--eval", "folder"] },
  { args: ["--eval"] },
  { args: ["--eval", "-E"] },
  { args: ["--eval", "-E", "1", "2"] },
  { args: ["--eval-only", "-E", "1"] },
  { args: ["--eval", "-"], input: "1 + 1" },
  { args: ["--eval", "-", "default.nix"], input: "1 + 1" },
  { args: ["--eval", "bad.nix"] },
  { args: ["--eval", "nofile.nix"] },
  { args: ["--eval", "--bogus"] },
  { args: ["--eval", "-E", "throw 1"] },
  { args: ["--eval", "-E", "1", "throw ''x''"] },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Nix interpolates
  { args: ["--eval", "-E", '"${./t.nix}"'] },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Nix interpolates
  { args: ["--eval", "--read-write-mode", "-E", '"${./t.nix}"'] },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Nix interpolates
  { args: ["--eval", "--store", "dummy://", "-E", '"${./t.nix}"'] },
  { args: ["--eval", "-E", "<x/folder>", "-I", "x=."] },
  { args: ["--eval", "-E", "import <folder>", "-I", "."] },
  { args: ["--eval", "<folder>", "-I", "."] },
  { args: ["--eval", "-E", "import <folder>"], env: { NIX_PATH: "." } },
  { args: ["--find-file", "-I", "x=.", "x/folder"] },
  { args: ["--find-file", "-I", "x=.", "x/folder", "x/t.nix"] },
  { args: ["--find-file", "-I", "x=.", "x/nothing"] },
  { args: ["--find-file", "nothing"] },
  { args: ["--eval", "-E", "builtins.getEnv ''HOME''", "--option", "restrict-eval", "true"] },
  { args: ["--eval", "-E", "builtins.getEnv ''HOME''", "--restrict-eval"] },
  { args: ["--eval", "-E", "builtins ? currentTime", "--pure-eval"] },
  { args: ["--eval", "-E", "builtins ? currentTime", "--pure-eval", "--no-pure-eval"] },
  { args: ["--eval", "-E", "builtins ? currentTime"], env: { NIX_CONFIG: "pure-eval = true" } },
  { args: ["--eval", "-E", "builtins ? currentTime"], env: { NIX_CONFIG: "pure-eval" } },
  { args: ["--eval", "-E", "import ./default.nix", "--restrict-eval", "-I", "."] },
  { args: ["--eval", "-E", "import /etc/hostname", "--restrict-eval", "-I", "."] },
  { args: ["--eval", "-E", "builtins.currentSystem", "--option", "system", "sparc-linux"] },
  { args: ["--eval", "-E", "builtins.currentSystem", "--system", "sparc-linux"] },
  { args: ["--parse", "-E", ...parsed] },
  { args: ["--parse", "-E", "undefinedName"] },
  { args: ["--parse", "default.nix"] },
  { args: ["--parse", "-"], input: "{ }" },
  { args: ["--parse", "bad.nix"] },
];

function runReal({ args, input = "", env = {} }: Case): { exitCode: number | null; stdout: string } {
  const { status, stdout } = spawnSync("nix-instantiate", args, {
    cwd: workshop.folder,
    input,
    encoding: "utf8",
    env: { ...process.env, NIX_REMOTE: `local?root=${workshop.folder}/real`, NIX_PATH: "", ...env },
  });
  return { exitCode: status, stdout };
}

async function runOurs({ args, input = "", env = {} }: Case): Promise<{ exitCode: number | null; stdout: string }> {
  const { child, result } = workshop.start("compat/nix-instantiate", args, { NIX_PATH: "", ...env }, "pipe");
  child.stdin?.end(input);
  const { exitCode, stdout } = await result;
  return { exitCode, stdout };
}

/** Since 2.9 Nix ends JSON with a line end. */
function withoutLastLineEnd(text: string): string {
  return text.replace(/\n$/, "");
}

test("nix-instantiate: output and exit code are those of Nix 2.8", {
  skip: !isOracle && "Nix 2.8 is not installed",
}, async () => {
  const problems: string[] = [];
  for (const one of cases) {
    const real = runReal(one);
    const ours = await runOurs(one);
    const isSame = one.args.includes("--json")
      ? withoutLastLineEnd(ours.stdout) === real.stdout
      : ours.stdout === real.stdout;
    if (isSame && ours.exitCode === real.exitCode) continue;
    problems.push(
      `${JSON.stringify(one)}\n  real ${real.exitCode} ${real.stdout}\n  ours ${ours.exitCode} ${ours.stdout}`,
    );
  }
  assert.equal(problems.length, 0, `\n${problems.join("\n")}`);
});
