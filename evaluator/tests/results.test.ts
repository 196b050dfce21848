/** Kept results: an unchanged question is answered without evaluating, and a change of anything that was read is seen. */
import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openLocalStore } from "#store/api.ts";
import { type EvaluateOptions, evaluate } from "../api.ts";

const top = mkdtempSync(join(tmpdir(), "firn-results-"));
after(() => rmSync(top, { recursive: true, force: true }));

let folder = "";
let root = "";
let count = 0;
beforeEach(() => {
  folder = join(top, `case-${++count}`);
  root = join(folder, "root");
  mkdirSync(folder);
});

/** Files are not trusted within a tick of the clock after they were changed. */
const settle = (): Promise<void> => sleep(60);

function write(name: string, text: string): void {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), text);
}

interface Seen {
  readonly text: string;
  readonly log: readonly string[];
  /** Evaluating announces the drivers of a trace; a kept result does too, so time tells nothing: the store of results does. */
  readonly fresh: boolean;
}

function keptFiles(): Map<string, number> {
  const kept = join(root, "firn", "eval-results");
  try {
    return new Map(readdirSync(kept).map((name) => [name, statSync(join(kept, name)).ino]));
  } catch {
    return new Map();
  }
}

async function ask(text: string, options: Partial<EvaluateOptions> = {}): Promise<Seen> {
  const before = keptFiles();
  const log: string[] = [];
  const answer = await evaluate({
    source: { type: "text", text },
    folder,
    root,
    output: { type: "value", format: "json", strict: true },
    onLog: (line) => log.push(line),
    environment: {},
    ...options,
  });
  const after = keptFiles();
  const fresh = [...after].some(([name, ino]) => before.get(name) !== ino) || after.size === 0;
  const shown = answer.type === "value" ? answer.text : JSON.stringify(answer);
  return { text: shown, log, fresh };
}

async function askTwice(text: string, options: Partial<EvaluateOptions> = {}): Promise<string> {
  await settle();
  const first = await ask(text, options);
  assert.ok(first.fresh, "the first answer is evaluated");
  const second = await ask(text, options);
  assert.equal(second.text, first.text);
  assert.ok(!second.fresh, "the second answer is the kept one");
  return first.text;
}

test("results: a question is answered again without evaluating, with its traces", async () => {
  write("a.nix", 'builtins.trace "hello" 1');
  await settle();
  const first = await ask("import ./a.nix");
  const second = await ask("import ./a.nix");
  assert.deepEqual([first.text, second.text], ["1", "1"]);
  assert.deepEqual([first.fresh, second.fresh], [true, false]);
  assert.deepEqual(second.log, first.log);
  assert.match(first.log.join("\n"), /hello/);
});

test("results: an edit is seen that keeps the size and the time of modification", async () => {
  write("a.nix", "1");
  assert.equal(await askTwice("import ./a.nix"), "1");
  const { atime, mtime } = statSync(join(folder, "a.nix"));
  write("a.nix", "2");
  utimesSync(join(folder, "a.nix"), atime, mtime);
  assert.equal((await ask("import ./a.nix")).text, "2");
});

test("results: a file replaced by an older one is seen", async () => {
  write("b.nix", "2");
  write("a.nix", "1");
  assert.equal(await askTwice("import ./a.nix"), "1");
  renameSync(join(folder, "b.nix"), join(folder, "a.nix"));
  assert.equal((await ask("import ./a.nix")).text, "2");
});

test("results: a file that appears where nothing was is seen", async () => {
  const text = "if builtins.pathExists ./b.nix then import ./b.nix else 0";
  write("unrelated", "");
  assert.equal(await askTwice(text), "0");
  write("b.nix", "2");
  assert.equal((await ask(text)).text, "2");
});

test("results: a folder that comes earlier in the search path and gets the file is seen", async () => {
  mkdirSync(join(folder, "one"));
  write("two/x.nix", "2");
  const options = { searchPath: [join(folder, "one"), join(folder, "two")] };
  assert.equal(await askTwice("import <x.nix>", options), "2");
  write("one/x.nix", "1");
  assert.equal((await ask("import <x.nix>", options)).text, "1");
});

test("results: NIX_PATH, variables, arguments and -I are part of the question", async () => {
  write("one/x.nix", "1");
  write("two/x.nix", "2");
  await settle();
  const inPath = (name: string): Partial<EvaluateOptions> => ({
    environment: { NIX_PATH: `x=${folder}/${name}/x.nix` },
  });
  assert.equal(await askTwice("import <x>", inPath("one")), "1");
  assert.equal((await ask("import <x>", inPath("two"))).text, "2");
  const withVariable = (value: string): Partial<EvaluateOptions> => ({ environment: { V: value } });
  const variable = '[ (import ./one/x.nix) (builtins.getEnv "V") ]';
  assert.equal(await askTwice(variable, withVariable("a")), '[1,"a"]');
  assert.equal((await ask(variable, withVariable("b"))).text, '[1,"b"]');
  assert.equal((await ask(variable, { environment: { V: "b", W: "c" } })).fresh, false);
});

test("results: names of a folder are seen to change", async () => {
  write("dir/a", "");
  assert.equal(await askTwice("builtins.attrNames (builtins.readDir ./dir)"), '["a"]');
  write("dir/b", "");
  assert.equal((await ask("builtins.attrNames (builtins.readDir ./dir)")).text, '["a","b"]');
});

test("results: a symlink that leads elsewhere is seen, at the end and on the way", async () => {
  write("one/x.nix", "1");
  write("two/x.nix", "2");
  symlinkSync("one", join(folder, "current"));
  symlinkSync("one/x.nix", join(folder, "last.nix"));
  assert.equal(await askTwice("[ (import ./current/x.nix) (import ./last.nix) ]"), "[1,1]");
  unlinkSync(join(folder, "current"));
  symlinkSync("two", join(folder, "current"));
  assert.equal((await ask("[ (import ./current/x.nix) (import ./last.nix) ]")).text, "[2,1]");
  unlinkSync(join(folder, "last.nix"));
  symlinkSync("two/x.nix", join(folder, "last.nix"));
  assert.equal((await ask("[ (import ./current/x.nix) (import ./last.nix) ]")).text, "[2,2]");
});

test("results: what is copied to the store is seen to change, and what a filter leaves out is not", async () => {
  write("src/deep/file", "one");
  write("src/ignored", "");
  const text =
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is Nix
    '[ "${./src}" (builtins.filterSource (path: type: baseNameOf path != "ignored") ./src) (builtins.readFile ./src/deep/file) ]';
  const filtered = '[ (builtins.filterSource (path: type: baseNameOf path != "ignored") ./src) ]';
  const whole = await askTwice(text);
  const part = await askTwice(filtered);
  appendFileSync(join(folder, "src/ignored"), "more");
  const seen = await ask(filtered);
  assert.deepEqual([seen.text, seen.fresh], [part, false]);
  assert.notEqual((await ask(text)).text, whole);
  write("src/deep/file", "two");
  assert.notEqual((await ask(filtered)).text, part);
});

test("results: a derivation is in the store when it is named; one that was collected is written again", async () => {
  write("a.nix", 'derivation { name = "a"; system = "x86_64-linux"; builder = "/bin/sh"; src = ./a.nix; }');
  const options = { output: { type: "instantiate" } } as const;
  const answer = await askTwice("import ./a.nix", options);
  const store = openLocalStore({ root });
  try {
    const [drvPath] = store.allValidPaths().filter((path) => path.endsWith(".drv"));
    assert.ok(drvPath !== undefined && answer.includes(drvPath));
    store.collectGarbage();
    assert.ok(!store.isValidPath(drvPath));
    const again = await ask("import ./a.nix", options);
    assert.equal(again.text, answer);
    assert.ok(store.isValidPath(drvPath), "it was instantiated again");
  } finally {
    store.close();
  }
});

test("results: what was imported from a derivation is built again when its output is gone", async () => {
  write(
    "built.nix",
    'derivation { name = "b"; system = "x86_64-linux"; builder = "/bin/sh"; outputHashMode = "flat"; outputHashAlgo = "sha256"; outputHash = ""; }',
  );
  const outPath = (await ask("(import ./built.nix).outPath")).text.slice(1, -1);
  let builds = 0;
  const realise = async (): Promise<void> => {
    builds++;
    const store = openLocalStore({ root });
    writeFileSync(join(root, outPath), "21 * 2");
    store.registerPaths([{ path: outPath, narHash: `sha256:${"0".repeat(64)}`, narSizeBytes: 100, references: [] }]);
    store.close();
  };
  const text = "import (import ./built.nix)";
  const options = { readOnly: false, realise };
  assert.equal(await askTwice(text, options), "42");
  assert.equal(builds, 1);
  const store = openLocalStore({ root });
  store.collectGarbage();
  store.close();
  assert.equal((await ask(text, options)).text, "42");
  assert.equal(builds, 2);
});

test("results: modes are part of the question", async () => {
  write("a.nix", "builtins.pathExists ./b.nix");
  write("b.nix", "");
  assert.equal(await askTwice("import ./a.nix"), "true");
  await assert.rejects(ask("import ./a.nix", { restrictEval: true }), /restricted mode/);
  await assert.rejects(ask("import ./a.nix", { pureEval: true }), /pure/);
});

test("results: nothing is kept of an evaluation that asks for the time, or when they are off", async () => {
  write("a.nix", "builtins.currentTime");
  await settle();
  await ask("import ./a.nix");
  assert.equal(keptFiles().size, 0);
  write("b.nix", "1");
  await settle();
  process.env["FIRN_EVAL_CACHE"] = "0";
  try {
    await ask("import ./b.nix");
    assert.equal(keptFiles().size, 0);
  } finally {
    delete process.env["FIRN_EVAL_CACHE"];
  }
});

test("results: a file that was cut short is the same as none", async () => {
  write("a.nix", "1");
  assert.equal(await askTwice("import ./a.nix"), "1");
  for (const name of keptFiles().keys()) writeFileSync(join(root, "firn", "eval-results", name), '{"answer":');
  const seen = await ask("import ./a.nix");
  assert.deepEqual([seen.text, seen.fresh], ["1", true]);
});
