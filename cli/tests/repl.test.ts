/** `firn repl` as a person uses it: at a terminal that `script` makes, key by key, and with input from a pipe. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { builtinDocs } from "#evaluator/builtins/docs.ts";
import { projectFolder } from "../project.ts";
import { Workshop } from "./firn-process.ts";

const firn = join(projectFolder, "bin", "firn");
const hasScript = spawnSync("script", ["--version"]).status === 0;
const skip = hasScript ? false : "script (of util-linux) is not installed";

/** A session at a terminal. What was typed is waited for in what the terminal shows. */
class Terminal implements Disposable {
  readonly #child: ChildProcess;
  #shown = "";
  #read = 0;

  constructor(workshop: Workshop, ...args: readonly string[]) {
    const command = [process.execPath, firn, "repl", ...args].map((word) => `'${word}'`).join(" ");
    this.#child = spawn("script", ["-qec", command, "/dev/null"], {
      cwd: workshop.folder,
      env: {
        ...process.env,
        NODE_TEST_CONTEXT: undefined,
        FIRN_ROOT: workshop.root,
        XDG_STATE_HOME: join(workshop.folder, "state"),
        TERM: "xterm",
        NO_COLOR: "1",
      },
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#shown += text;
    });
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** As a person does, with time for the answer. */
  async press(keys: string): Promise<void> {
    this.type(keys);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }

  /** Resolves to how long it took until the pattern stood in what came since the last time. */
  async see(pattern: RegExp, timeoutMs = 20_000): Promise<number> {
    const startMs = performance.now();
    for (;;) {
      const found = pattern.exec(this.#shown.slice(this.#read));
      if (found !== null) {
        this.#read += found.index + found[0].length;
        return performance.now() - startMs;
      }
      if (performance.now() - startMs > timeoutMs) {
        throw new Error(`${pattern} did not appear in ${JSON.stringify(this.#shown.slice(this.#read))}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  ended(): Promise<number | null> {
    return new Promise((resolve) => this.#child.on("close", resolve));
  }

  get shown(): string {
    return this.#shown;
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }
}

test("repl: values survive Ctrl-C, which ends an evaluation within a second", { skip, timeout: 60_000 }, async () => {
  using workshop = new Workshop();
  using terminal = new Terminal(workshop);
  await terminal.see(/firn> /);
  terminal.type('x = builtins.trace "computed" 42\r');
  terminal.type("x + 0\r");
  await terminal.see(/computed[\s\S]*42\r\n/);
  terminal.type("let f = n: if n == 0 then 0 else f (n - 1) + f (n - 1); in f 60\r");
  await terminal.see(/in f 60\s*\n/);
  await new Promise((resolve) => setTimeout(resolve, 500));
  terminal.type("\u0003");
  assert.ok((await terminal.see(/interrupted/)) < 1500);
  const before = terminal.shown.length;
  terminal.type("x + 1\r");
  await terminal.see(/43\r\n/);
  assert.doesNotMatch(terminal.shown.slice(before), /computed/, "the value had been kept");
  terminal.type("\u0004");
  assert.equal(await terminal.ended(), 0);
});

test("repl: a builtin that cannot be interrupted ends too, and variables are defined again", {
  skip,
  timeout: 60_000,
}, async () => {
  using workshop = new Workshop();
  using terminal = new Terminal(workshop);
  await terminal.see(/firn> /);
  terminal.type("x = 42\r");
  terminal.type('builtins.stringLength (builtins.foldl\' (a: b: a) "" (builtins.genList (x: x) 200000000))\r');
  await terminal.see(/200000000\)\)\s*\n/);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  terminal.type("\u0003");
  assert.ok((await terminal.see(/interrupted/)) < 3000);
  terminal.type("x + 1\r");
  await terminal.see(/43\r\n/);
});

test("repl: endless output stops at Ctrl-C", { skip, timeout: 60_000 }, async () => {
  using workshop = new Workshop();
  using terminal = new Terminal(workshop);
  await terminal.see(/firn> /);
  terminal.type(":p let f = n: { inherit n; next = f (n + 1); }; in f 0\r");
  await new Promise((resolve) => setTimeout(resolve, 1000));
  terminal.type("\u0003");
  assert.ok((await terminal.see(/interrupted/)) < 3000);
  terminal.type("1 + 1\r");
  await terminal.see(/2\r\n/);
});

test("repl: Tab completes variables, attributes and commands", { skip, timeout: 60_000 }, async () => {
  using workshop = new Workshop();
  using terminal = new Terminal(workshop);
  await terminal.see(/firn> /);
  terminal.type('someSet = { alphabet = 1; beta = { "odd name" = 2; gamma = 3; }; }\r');
  terminal.type("1 + 1000\r");
  await terminal.see(/1001\s*\n/);
  // A Tab in the middle of what comes at once is taken for pasted text.
  for (const keys of ["someS", "\t", ".alp", "\t", " + 1", "\r"]) await terminal.press(keys);
  await terminal.see(/someSet\.alphabet \+ 1\s*\r\n2\r\n/);
  for (const keys of ["someSet.beta.g", "\t", "\r"]) await terminal.press(keys);
  await terminal.see(/gamma\s*\r\n3\r\n/);
  for (const keys of ["builtins.mapA", "\t", "\r"]) await terminal.press(keys);
  await terminal.see(/primop mapAttrs/);
  for (const keys of [":rel", "\t"]) await terminal.press(keys);
  await terminal.see(/:reload|oad/);
});

test("repl: an expression goes on over lines until it is whole; Ctrl-C drops it", {
  skip,
  timeout: 60_000,
}, async () => {
  using workshop = new Workshop();
  using terminal = new Terminal(workshop);
  await terminal.see(/firn> /);
  terminal.type("{ a = 1;\r");
  await terminal.see(/ {4}> /);
  terminal.type("}.a + 10\r");
  await terminal.see(/11\r\n/);
  terminal.type('"begun\r');
  await terminal.see(/ {4}> /);
  terminal.type("\u0003");
  await terminal.see(/firn> /);
  terminal.type("20 + 1\r");
  await terminal.see(/21\r\n/);
});

test("repl: lines are remembered from one session to the next", { skip, timeout: 60_000 }, async () => {
  using workshop = new Workshop();
  {
    using terminal = new Terminal(workshop);
    await terminal.see(/firn> /);
    terminal.type("1000 + 234\r");
    await terminal.see(/1234\r\n/);
    terminal.type(":q\r");
    assert.equal(await terminal.ended(), 0);
  }
  assert.match(readFileSync(join(workshop.folder, "state/firn/repl-history"), "utf8"), /^1000 \+ 234$/m);
  using again = new Terminal(workshop);
  await again.see(/firn> /);
  again.type("\u001b[A\u001b[A\r");
  await again.see(/1234\r\n/);
});

async function pipe(workshop: Workshop, lines: readonly string[], ...args: string[]): Promise<[string, string]> {
  const { child, result } = workshop.start("firn", ["repl", ...args], {}, "pipe");
  child.stdin?.end(`${lines.join("\n")}\n`);
  const { stdout, stderr, exitCode } = await result;
  assert.equal(exitCode, 0, stderr);
  return [stdout, stderr];
}

test("repl: commands", { timeout: 60_000 }, async () => {
  using workshop = new Workshop();
  workshop.write(
    "lib.nix",
    "{ n ? 1 }: {\n  /** Doubles a number.\n\n      double 2 is 4. */\n  double = n: n * 2;\n  value = n;\n}\n",
  );
  const [out, errors] = await pipe(
    workshop,
    [
      "value",
      ":t double",
      ":doc double",
      ":doc builtins.map",
      "{ a = { b = { c = 1; }; }; }",
      ":p { a = { b = { c = 1; }; }; }",
      ':a { added = "yes"; }',
      "added",
      "x = 1",
      "x = x + 1",
      "x",
      ":r",
      "value",
      "x",
      ':p [ (throw "inside") 1.5 ./. ]',
      ":nope",
      "{ a = 1; }.b",
      "null",
    ],
    "./lib.nix",
    "--arg",
    "n",
    "7",
  );
  assert.match(
    out,
    /^Added 2 variables: double, value\n7\na function\ndouble = n: \.\.\n\S+\/lib\.nix:5\n\n {2}Doubles a number\.\n\n {2}double 2 is 4\.\n/,
  );
  assert.match(out, /^builtins\.map f list\n/m);
  assert.match(
    out,
    /^\{ a = \{ \.\.\. \}; \}\n\{ a = \{ b = \{ c = 1; \}; \}; \}\nAdded 1 variable: added\n"yes"\n2\nAdded 2 /m,
  );
  assert.match(out, /^\[ «error: inside» 1\.5 \/\S+ \]\n/m);
  assert.match(errors, /undefined variable 'x'[\s\S]*There is no command ':nope'[\s\S]*attribute 'b' missing/);
  assert.match(out, /null\n$/);
  assert.doesNotMatch(errors, /^ {4}at .*\.ts:\d+/m);
});

test("repl: :te shows traces from then on, also after :r", async () => {
  using workshop = new Workshop();
  const file = workshop.write("set.nix", "{ fails = n: builtins.length (builtins.seq (1 + n) n); }");
  const trace = /while calling the 'length' builtin/;
  const [out, errors] = await pipe(workshop, ["fails null", ":te", ":r", "fails null", ":te false", ":te maybe"], file);
  assert.match(out, /^showing error traces\n[\s\S]*^not showing error traces\n/m);
  assert.match(errors, /':te' takes 'true' or 'false', not 'maybe'/);
  const [first = "", second = ""] = errors.split(/^error: /m).slice(1);
  assert.match(second, trace);
  assert.ok(second.length > first.length);
});

test("repl: builds through the store, links and shows the log", { timeout: 60_000 }, async () => {
  using workshop = new Workshop();
  const text = (mark: string): string =>
    `derivation { name = "${mark}"; system = builtins.currentSystem; builder = "builtin:fetchurl"; url = "file://${workshop.write("file", "contents")}"; outputHash = builtins.hashString "sha256" "contents"; outputHashAlgo = "sha256"; }`;
  const [out] = await pipe(workshop, [`x = ${text("fetched")}`, ":b x", ":bl x", "x"]);
  const path = /out -> (\S+)\n/.exec(out)?.[1] ?? "";
  assert.equal(readFileSync(join(workshop.root, path), "utf8"), "contents");
  assert.ok(existsSync(join(workshop.folder, "result")) || out.includes("/result\n"));
  assert.match(out, /«derivation \/nix\/store\/\S+-fetched\.drv»\n$/);
});

test("builtinDocs: there is a text for each builtin, and none for what does not exist", async () => {
  using workshop = new Workshop();
  const { stdout } = await workshop.run("firn", [
    "eval",
    "--json",
    "--extra-experimental-features",
    "flakes fetch-tree fetch-closure dynamic-derivations",
    "-E",
    "builtins.attrNames (removeAttrs builtins (builtins.filter (n: !builtins.isFunction (builtins.getAttr n builtins)) (builtins.attrNames builtins)))",
  ]);
  assert.deepEqual(Object.keys(builtinDocs).toSorted(), JSON.parse(stdout));
});
