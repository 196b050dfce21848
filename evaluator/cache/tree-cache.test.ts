import assert from "node:assert/strict";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EvaluationError } from "../errors.ts";
import { Evaluation } from "../evaluation.ts";
import { LocalIo } from "../glue/local-io.ts";
import { askFirn } from "../lang-tests/ask-firn.ts";
import { readCorpus, unpackCorpus } from "../lang-tests/corpus.ts";

const root = mkdtempSync(join(tmpdir(), "firn-parsed-"));
after(() => rmSync(root, { recursive: true, force: true }));

interface Outcome {
  readonly value: unknown;
  /** Of files, in order. */
  readonly reads: readonly string[];
}

/** A folder with these files, old enough to be trusted, and a cache that is empty. */
async function world(files: Readonly<Record<string, string>>): Promise<{ folder: string; cache: string }> {
  const folder = mkdtempSync(join(root, "world-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  await sleep(120);
  return { folder, cache: join(folder, "cache") };
}

function evaluate(folder: string, cache: string | null, features: readonly string[] = []): Outcome {
  const io = new LocalIo({
    root: folder,
    storeDir: "/nix/store",
    currentSystem: "x86_64-linux",
    readOnly: true,
    searchPath: [],
    environment: {},
    openStore: () => assert.fail("A read-only evaluation opens no store"),
    log: () => {},
    realise: () => {},
    tarballTtlS: 3600,
    trust: { trustedPublicKeys: [], requireSigs: true },
  });
  const reads: string[] = [];
  const readFile = io.readFile.bind(io);
  io.readFile = (path) => {
    reads.push(path);
    return readFile(path);
  };
  const evaluation = new Evaluation(io, { parsedFiles: cache, experimentalFeatures: new Set(features) });
  try {
    return { value: evaluation.importFile(join(folder, "default.nix")), reads };
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return { value: { message: error.message, place: evaluation.sources.locate(error.pos) }, reads };
  } finally {
    evaluation.saveParsedFiles();
  }
}

const packs = (cache: string): string[] => readdirSync(cache).map((name) => join(cache, name));

test("TreeCache: files that did not change are not read again, changed ones are", async () => {
  const { folder, cache } = await world({ "default.nix": "(import ./a.nix) + 1", "a.nix": "20" });
  assert.deepEqual(evaluate(folder, cache), {
    value: 21,
    reads: [join(folder, "default.nix"), join(folder, "a.nix")],
  });
  assert.deepEqual(evaluate(folder, cache), { value: 21, reads: [] });
  writeFileSync(join(folder, "a.nix"), "30");
  assert.deepEqual(evaluate(folder, cache), { value: 31, reads: [join(folder, "a.nix")] });
});

test("TreeCache: a change right after another is seen, whatever its times and size", async () => {
  const { folder, cache } = await world({ "default.nix": "import ./a.nix", "a.nix": "1" });
  for (let value = 2; value < 9; value++) {
    writeFileSync(join(folder, "a.nix"), String(value));
    utimesSync(join(folder, "a.nix"), 1_000_000, 1_000_000);
    assert.equal(evaluate(folder, cache).value, value);
  }
});

test("TreeCache: equal texts at another place are parsed once and mean their own place", async () => {
  const text = "[ ./x __curPos.file __curPos.line (import ./a.nix) ]";
  const { folder, cache } = await world({ "default.nix": `builtins.toJSON (map toString ${text})`, "a.nix": "1" });
  evaluate(folder, cache);
  const before = packs(cache).length;
  const copy = `${folder}-copy`;
  cpSync(folder, copy, { recursive: true });
  const expected = JSON.stringify([`${copy}/x`, `${copy}/default.nix`, "1", "1"]);
  assert.equal(evaluate(copy, cache).value, expected);
  await sleep(120);
  assert.equal(evaluate(copy, cache).value, expected);
  assert.deepEqual(evaluate(copy, cache), { value: expected, reads: [] });
  const sizes = packs(cache).map((path) => readFileSync(path).length);
  assert.ok(packs(cache).length > before);
  assert.ok(
    sizes.slice(before).every((size) => size < (sizes[0] ?? 0)),
    "what is known is not stored twice",
  );
});

test("TreeCache: places of errors are the same, also when the text was not read", async () => {
  const { folder, cache } = await world({ "default.nix": "let\n  f = x:\n    x.missing;\nin f { }\n" });
  const cold = evaluate(folder, cache);
  assert.deepEqual(cold.value, {
    message: "attribute 'missing' missing",
    place: { file: join(folder, "default.nix"), line: 3, column: 5 },
  });
  assert.deepEqual(evaluate(folder, cache), { ...cold, reads: [] });
});

test("TreeCache: what does not parse is parsed again; what a feature allows is not allowed without it", async () => {
  const { folder, cache } = await world({ "default.nix": "1 |> (x: x)" });
  assert.equal(evaluate(folder, cache, ["pipe-operators"]).value, 1);
  const plain = evaluate(folder, null);
  assert.notEqual(plain.value, 1);
  assert.deepEqual(evaluate(folder, cache), plain);
  assert.deepEqual(evaluate(folder, cache), plain);
});

test("TreeCache: any damage is noticed", async () => {
  const { folder, cache } = await world({ "default.nix": 'let a = "text"; in { inherit a; }.a + toString 4711' });
  assert.equal(evaluate(folder, cache).value, "text4711");
  const [pack] = packs(cache);
  if (pack === undefined) assert.fail("There is no pack");
  const whole = readFileSync(pack);
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
    writeFileSync(pack, damaged);
    assert.equal(evaluate(folder, cache).value, "text4711", `bit flipped in byte ${at}`);
    for (const other of packs(cache)) if (other !== pack) rmSync(other);
  }
  for (let length = 0; length < whole.length; length += 3) {
    writeFileSync(pack, whole);
    truncateSync(pack, length);
    assert.equal(evaluate(folder, cache).value, "text4711", `cut after ${length} bytes`);
    for (const other of packs(cache)) if (other !== pack) rmSync(other);
  }
});

test("TreeCache: a folder that cannot be used is no error", async () => {
  const { folder, cache } = await world({ "default.nix": "1 + 1", cache: "a file" });
  assert.equal(evaluate(folder, cache).value, 2);
  const locked = join(folder, "locked");
  mkdirSync(locked);
  chmodSync(locked, 0o500);
  assert.equal(evaluate(folder, join(locked, "cache")).value, 2);
  const folderInPlace = join(folder, "odd");
  evaluate(folder, folderInPlace);
  const [pack = ""] = packs(folderInPlace);
  rmSync(pack);
  mkdirSync(pack);
  assert.equal(evaluate(folder, folderInPlace).value, 2);
});

test("TreeCache: many packs become few, and all that they knew is known", async () => {
  const files = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`f${n}.nix`, `${n} + 1`]));
  const { folder, cache } = await world(files);
  for (let n = 0; n < 20; n++) {
    writeFileSync(join(folder, "default.nix"), `import ./f${n}.nix`);
    await sleep(60);
    assert.equal(evaluate(folder, cache).value, n + 1);
  }
  assert.ok(packs(cache).length <= 9, `${packs(cache).length} packs`);
  const all = Array.from({ length: 20 }, (_, n) => `import ./f${n}.nix`);
  writeFileSync(join(folder, "default.nix"), all.map((text) => `(${text})`).join(" + "));
  assert.deepEqual(evaluate(folder, cache), { value: 210, reads: [join(folder, "default.nix")] });
});

test("TreeCache: every case of the language tests has the same answer cold and warm", async () => {
  const folder = mkdtempSync(join(root, "corpus-"));
  const cases = [...readCorpus("okay"), ...readCorpus("fail"), ...readCorpus("parse-fail")];
  unpackCorpus(folder, cases);
  await sleep(120);
  const jobs = cases.map(({ file }) => ({
    source: { type: "file" as const, path: join(folder, file) },
    output: { type: "value" as const, format: "xml" as const, strict: true },
  }));
  const asked = async (cache: string): Promise<string[]> => {
    process.env["FIRN_PARSE_CACHE"] = cache;
    const answers = await askFirn(jobs);
    // Where a full stack strikes depends on what the engine has optimised by then.
    return answers.map((answer) =>
      JSON.stringify("code" in answer && answer.code === "EVAL_STACK_OVERFLOW" ? answer.code : answer),
    );
  };
  const differing = (left: readonly string[], right: readonly string[]): string[] =>
    cases.flatMap(({ file }, n) => (left[n] === right[n] ? [] : [`${file}: ${left[n]} and ${right[n]}`]));
  const { XDG_CACHE_HOME: before } = process.env;
  process.env["XDG_CACHE_HOME"] = join(folder, "cache");
  try {
    const without = await asked("0");
    assert.deepEqual(differing(await asked("1"), without), []);
    assert.ok(packs(join(folder, "cache", "firn", "parsed")).length > 0);
    assert.deepEqual(differing(await asked("1"), without), []);
  } finally {
    if (before === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = before;
    delete process.env["FIRN_PARSE_CACHE"];
  }
});
