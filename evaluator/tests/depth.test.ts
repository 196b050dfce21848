import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { evaluate } from "#evaluator/api.ts";

const root = mkdtempSync(join(tmpdir(), "firn-depth-"));
after(() => rmSync(root, { recursive: true, force: true }));

async function show(text: string): Promise<string> {
  const answer = await evaluate({
    source: { type: "text", text },
    root,
    output: { type: "value", format: "nix", strict: false },
  });
  return answer.type === "value" ? answer.text : answer.type;
}

const deep: readonly (readonly [string, string])[] = [
  ["let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 1000000", "1000000"],
  [
    "let l = builtins.genList (i: if i == 0 then 0 else builtins.elemAt l (i - 1) + 1) 1000000; in builtins.elemAt l 999999",
    "999999",
  ],
  ["(builtins.foldl' (a: b: { v = a.v + b; }) { v = 0; } (builtins.genList (x: x) 1000000)).v", "499999500000"],
];

for (const [text, expected] of deep) {
  test(`evaluate: a million deep: ${text}`, async () => {
    assert.equal(await show(text), expected);
  });
}

// Where the stack ends is a matter of how the engine lays out frames, so no golden text holds the place.
const endless = [
  "let f = x: f (x + 1); in f 0",
  "let f = n: { a = n; b = (f (n + 1)).b; }; in (f 0).b",
  "let f = n: [ (g n) ] == [ 1 ]; g = n: f n; in f 0",
];

for (const text of endless) {
  test(`evaluate: endless recursion is an error with its place: ${text}`, async () => {
    await assert.rejects(show(text), {
      message: "stack overflow (possible infinite recursion)",
      details: /at «string»:1:/,
    });
  });
}

test("evaluate: errors caught deep inside leave as much room as before", async () => {
  const text = `let
    f = n: if n == 0 then 0 else 1 + f (n - 1);
    fail = n: if n == 0 then throw "deep" else 1 + fail (n - 1);
    tries = map (x: (builtins.tryEval (fail x)).success) [ 500000 500001 500002 ];
  in builtins.toJSON [ tries (f 1000000) ]`;
  assert.equal(await show(text), '"[[false,false,false],1000000]"');
});
