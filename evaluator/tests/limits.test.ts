import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { evaluate } from "#evaluator/api.ts";

const root = mkdtempSync(join(tmpdir(), "firn-limits-"));
after(() => rmSync(root, { recursive: true, force: true }));

function run(text: string, options: { signal?: AbortSignal; memoryLimitMib?: number } = {}): Promise<unknown> {
  return evaluate({
    source: { type: "text", text },
    root,
    output: { type: "value", format: "nix", strict: true },
    ...options,
  });
}

/** Data that grows in a loop, in a recursion, in one allocation, in many; V8 alone aborts the process in some of these. */
const hungry = [
  "let f = x: f (x ++ [ x ]); in f [ ]",
  "let f = n: { a = n; b = f (n + 1); }; in f 0",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is Nix
  'let f = n: s: f (n + 1) (s + "abcdefghijkl${toString n}"); in f 0 ""',
  "builtins.length (builtins.genList (x: x) 100000000)",
  "builtins.genericClosure { startSet = [ { key = 0; } ]; operator = { key }: [ { key = key + 1; } ]; }",
];

for (const text of hungry) {
  test(`evaluate: out of memory is an error: ${text}`, async () => {
    await assert.rejects(run(text, { memoryLimitMib: 150 }), {
      code: "EVAL_OUT_OF_MEMORY",
      message: "The evaluation ran out of memory: it holds more than 150 MiB",
      hint: /FIRN_EVAL_MEMORY/,
    });
  });
}

test("evaluate: a single value that the engine cannot hold is an evaluation error with its place", async () => {
  const doubled = "let d = n: s: if n == 0 then s else d (n - 1)";
  await assert.rejects(run(`${doubled} (s + s); in builtins.stringLength (d 40 "abcdefgh")`), {
    code: "EVAL_TOO_LARGE",
    message: /a string would be longer than 512 MiB/,
    details: /at «string»:1:/,
  });
  await assert.rejects(run(`${doubled} (s ++ s); in builtins.length (d 40 [ 1 2 3 ])`), { code: "EVAL_TOO_LARGE" });
});

test("evaluate: an endless evaluation ends within a second of its signal", async () => {
  const controller = new AbortController();
  const running = run("let f = x: f (x + 1); in builtins.foldl' (a: b: a + b) 0 (builtins.genList f 3)", {
    signal: controller.signal,
  });
  setTimeout(() => controller.abort(new Error("enough")), 400);
  const startMs = performance.now();
  await assert.rejects(running, { message: "enough" });
  assert.ok(performance.now() - startMs < 1400);
});
