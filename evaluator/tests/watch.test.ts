/** A watched evaluation: each answer after an edit is that of a cold evaluation. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { isAppError } from "#store/std/app-error.ts";
import { type EvaluateOptions, evaluate, type WatchedAnswer, watchEvaluation } from "../api.ts";

const top = mkdtempSync(join(tmpdir(), "firn-watch-"));
after(() => rmSync(top, { recursive: true, force: true }));

let count = 0;
function makeFolder(): string {
  const folder = join(top, `case-${++count}`);
  mkdirSync(folder);
  return folder;
}

function questionIn(folder: string, text: string): EvaluateOptions {
  return {
    source: { type: "text", text },
    folder,
    root: join(folder, "root"),
    output: { type: "value", format: "json", strict: true },
    environment: {},
  };
}

/** Answers of a watched evaluation, one at a time. */
async function watching(options: EvaluateOptions, body: (next: () => Promise<string>) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const rounds = watchEvaluation({ ...options, signal: controller.signal });
  const next = async (): Promise<string> => {
    const { value } = await rounds.next();
    return value === undefined ? "ended" : show(value);
  };
  try {
    await body(next);
  } finally {
    controller.abort(new Error("enough"));
    await rounds.next().catch(() => {});
  }
}

function show(round: WatchedAnswer): string {
  if ("error" in round) return `error: ${round.error.message}`;
  return round.answer.type === "value" ? round.answer.text : JSON.stringify(round.answer);
}

async function cold(options: EvaluateOptions): Promise<string> {
  process.env["FIRN_EVAL_CACHE"] = "0";
  try {
    return show({ answer: await evaluate(options), durationMs: 0, watchedCount: 0 });
  } catch (error) {
    if (!isAppError(error)) throw error;
    return `error: ${error.message}`;
  } finally {
    delete process.env["FIRN_EVAL_CACHE"];
  }
}

test("watchEvaluation: answers again after edits, errors and their mending, replaced files and new ones", async () => {
  const folder = makeFolder();
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write("a.nix", "1");
  const text = "[ (import ./a.nix) (if builtins.pathExists ./later.nix then import ./later.nix else null) ]";
  await watching(questionIn(folder, text), async (next) => {
    assert.equal(await next(), "[1,null]");
    write("a.nix", "2");
    assert.equal(await next(), "[2,null]");
    write("a.nix", "2 +");
    assert.match(await next(), /error: syntax error/);
    write("a.nix", "3");
    assert.equal(await next(), "[3,null]");
    write("later.nix", "import ./deeper/x.nix");
    assert.match(await next(), /error: .*No such file/);
    mkdirSync(join(folder, "deeper"));
    write("deeper/x.nix", '"x"');
    assert.equal(await next(), '[3,"x"]');
    write("new", "4");
    renameSync(join(folder, "new"), join(folder, "a.nix"));
    assert.equal(await next(), '[4,"x"]');
  });
});

test("watchEvaluation: a symlink on the way that leads elsewhere is seen", async () => {
  const folder = makeFolder();
  for (const name of ["one", "two"]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "x.nix"), `"${name}"`);
  }
  symlinkSync("one", join(folder, "current"));
  await watching(questionIn(folder, "import ./current/x.nix"), async (next) => {
    assert.equal(await next(), '"one"');
    unlinkSync(join(folder, "current"));
    symlinkSync("two", join(folder, "current"));
    assert.equal(await next(), '"two"');
  });
});

test("watchEvaluation: a round that takes all memory is an answer, and the next one is there", async () => {
  const folder = makeFolder();
  writeFileSync(join(folder, "a.nix"), "1");
  const options = { ...questionIn(folder, "import ./a.nix"), memoryLimitMib: 150 };
  await watching(options, async (next) => {
    assert.equal(await next(), "1");
    writeFileSync(join(folder, "a.nix"), "let f = x: f (x ++ [ x ]); in f [ ]");
    assert.match(await next(), /ran out of memory/);
    writeFileSync(join(folder, "a.nix"), "2");
    assert.equal(await next(), "2");
  });
});

/** A small pseudo-random generator (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

test("watchEvaluation: after random edits of a tree of modules every answer is a cold one's", async (context) => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
  context.diagnostic(`SEED=${seed}`);
  const random = randomOf(seed);
  const folder = makeFolder();
  mkdirSync(join(folder, "data"));
  const modules = ["m0.nix", "m1.nix", "m2.nix", "m3.nix"];
  const bodies: readonly ((index: number) => string)[] = [
    (index) => `{ lib, self }: { v${index} = ${random(100)}; imports = [ ]; }`,
    (index) => `{ lib, self }: { v${index} = self.v0 or 0 + ${random(9)}; imports = [ ./m${(index + 1) % 4}.nix ]; }`,
    (index) => `{ lib, self }: { v${index} = builtins.attrNames (builtins.readDir ./data); imports = [ ]; }`,
    (index) =>
      `{ lib, self }: { v${index} = lib.add ${random(9)} (builtins.stringLength (builtins.readFile ./data/a)); imports = [ ]; }`,
    (index) =>
      `{ lib, self }: { v${index} = if builtins.pathExists ./data/b then import ./data/b else throw "no b"; imports = [ ]; }`,
  ];
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const writeModule = (index: number): void => write(`m${index}.nix`, bodies[random(bodies.length)]?.(index) ?? "");
  for (const index of modules.keys()) writeModule(index);
  write("lib.nix", "{ add = a: b: a + b; }");
  write("data/a", "abc");
  const collect = `let
    lib = import ./lib.nix;
    go = seen: path: if builtins.elem path seen then [ ] else
      let m = import path { inherit lib self; }; in [ m ] ++ builtins.concatLists (map (go (seen ++ [ path ])) m.imports);
    self = builtins.foldl' (a: b: a // b) { } (go [ ] ./m0.nix ++ go [ ] ./m1.nix);
  in builtins.removeAttrs self [ "imports" ]`;
  const edits: readonly (() => void)[] = [
    () => writeModule(random(4)),
    () => writeModule(random(2)),
    () => write("lib.nix", `{ add = a: b: a ${random(2) === 0 ? "+" : "*"} b; }`),
    () => write("data/a", "x".repeat(random(6))),
    () => write("data/b", random(3) === 0 ? "1 +" : String(random(50))),
    () => rmSync(join(folder, "data/b"), { force: true }),
    () => write(`data/c${random(3)}`, ""),
  ];
  const question = questionIn(folder, collect);
  await watching(question, async (next) => {
    let shown = await next();
    assert.equal(shown, await cold(question));
    for (let round = 0; round < 25; round++) {
      for (let edit = 0; edit <= random(2); edit++) edits[random(edits.length)]?.();
      const expected = await cold(question);
      // An answer that did not change is not given again.
      while (shown !== expected) shown = await next();
    }
  });
});
