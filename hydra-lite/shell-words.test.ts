import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { shellWords } from "./shell-words.ts";

test("shellWords gives a line that a shell splits into the same words", () => {
  const words = ["firn", "-f", "a b", "it's", "$HOME", "{ x = 1; }", "", "--arg=x/y.nix"];
  const line = `for word in ${shellWords(words)}; do printf '%s\\n' "$word"; done`;
  assert.deepEqual(execFileSync("sh", ["-c", line], { encoding: "utf8" }).split("\n").slice(0, -1), words);
});
