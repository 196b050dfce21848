/** The evaluator through its api: values, arguments, logs, errors as data, deep recursion, an end on request. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type EvaluateOptions, evaluate, type RealiseRequest } from "../api.ts";

const root = mkdtempSync(join(tmpdir(), "firn-evaluate-"));
after(() => rmSync(root, { recursive: true, force: true }));

async function show(text: string, options: Partial<EvaluateOptions> = {}): Promise<string> {
  const answer = await evaluate({
    source: { type: "text", text },
    root,
    output: { type: "value", format: "nix", strict: true },
    ...options,
  });
  assert.equal(answer.type, "value");
  return answer.type === "value" ? answer.text : "";
}

test("evaluate: prints values", async () => {
  assert.equal(await show('{ a = [ 1 "é" null ]; }'), '{ a = [ 1 "é" null ]; }');
  assert.equal(
    await show("{ a = 1 + 1; b = x: x; }", { output: { type: "value", format: "nix", strict: false } }),
    "{ a = <CODE>; b = <CODE>; }",
  );
  assert.equal(
    await show('{ b = [ 1.5 ]; a = "é"; }', { output: { type: "value", format: "json", strict: true } }),
    '{"a":"é","b":[1.5]}',
  );
});

test("evaluate: calls functions with the arguments given, and follows attribute paths", async () => {
  const autoArgs = { x: { type: "expression", text: "40" }, y: { type: "string", text: "z" } } as const;
  assert.equal(
    await show('{ x, y ? "-", ... }: { sum = x + 2; inherit y; }', { autoArgs, attributePath: "sum" }),
    "42",
  );
  assert.equal(await show('{ a."b.c" = [ 1 2 ]; }', { attributePath: 'a."b.c".1' }), "2");
});

test("evaluate: passes on what is traced", async () => {
  const lines: string[] = [];
  assert.equal(await show('builtins.trace "seen" 1', { onLog: (line) => lines.push(line) }), "1");
  assert.deepEqual(lines, ["trace: seen"]);
});

test("evaluate: rejects with code, hint and place", async () => {
  await assert.rejects(show("let first = 1; in frist"), {
    code: "EVAL_UNDEFINED_VARIABLE",
    message: "undefined variable 'frist'",
    hint: "Did you mean 'first'?",
    details: /«string»:1:19/,
  });
  await assert.rejects(show('{ a = throw "no"; }.a'), {
    code: "EVAL_THROWN",
    details: /while evaluating the attribute 'a'/,
  });
  await assert.rejects(show("{ a = ; }"), { code: "EVAL_SYNTAX" });
});

test("evaluate: deep recursion is fine, endless recursion an error", async () => {
  assert.equal(await show("let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 300000"), "300000");
  await assert.rejects(show("let x = x + 1; in x"), { code: "EVAL_INFINITE_RECURSION" });
  await assert.rejects(show("let f = n: 1 + f n; in f 1"), { code: "EVAL_STACK_OVERFLOW" });
});

test("evaluate: ends when told to", async () => {
  const endless =
    "builtins.foldl' (a: b: builtins.foldl' (c: d: c + d) a (builtins.genList (x: x) 100000)) 0 (builtins.genList (x: x) 100000)";
  const reason = new Error("enough");
  const started = performance.now();
  await assert.rejects(show(endless, { signal: abortAfter(300, reason) }), reason);
  assert.ok(performance.now() - started < 10_000);
});

function abortAfter(delayMs: number, reason: Error): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), delayMs);
  return controller.signal;
}

const built = '(derivation { name = "x"; system = "x86_64-linux"; builder = "/bin/sh"; })';
const importing = `import ${built}`;

test("evaluate: asks for what it has to read to be built, and waits", async () => {
  const outPath = JSON.parse(await show(`${built}.outPath`));
  const asked: RealiseRequest[] = [];
  const realise = async (requests: readonly RealiseRequest[]): Promise<void> => {
    asked.push(...requests);
    // What a build would leave behind.
    mkdirSync(join(root, "nix/store"), { recursive: true });
    writeFileSync(join(root, outPath), "21 * 2");
  };
  assert.equal(await show(importing, { readOnly: false, realise }), "42");
  assert.deepEqual(
    asked.map(({ outputs }) => outputs),
    [["out"]],
  );
});

test("evaluate: tells why a build that it needed failed", async () => {
  const realise = async (): Promise<void> => {
    throw new Error("Build of 'x' failed");
  };
  await assert.rejects(show(importing, { readOnly: false, realise }), {
    code: "EVAL_IO",
    message: "Build of 'x' failed",
  });
  await assert.rejects(show(importing, { readOnly: true }), /read-only/);
});
