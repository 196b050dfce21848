import assert from "node:assert/strict";
import { test } from "node:test";
import { TellingLine } from "./telling-line.ts";

const tellingOf = (...lines: string[]): string | null => {
  const telling = new TellingLine();
  for (const line of lines) {
    telling.push(line);
  }
  return telling.text;
};

test("TellingLine takes the first error of a compiler, not make's last word", () => {
  const log = [
    "checking for error_at_line... yes",
    "a.c:3:5: error: expected ';'",
    "b.c:1: error: x",
    "make: *** [all] Error 2",
  ];
  assert.equal(tellingOf(...log), "a.c:3:5: error: expected ';'");
});

test("TellingLine prefers the reason that the test driver gives", () => {
  const log = [
    "  boot           17 s failed",
    "error: something earlier",
    "  ✗ a step 3 s",
    "    not the reason",
    "✗ boot 37 s",
    "    The kernel of machine 'm' panicked: Attempted to kill init!",
    "    [  892.8] Call Trace:",
    "1 failed",
  ];
  assert.equal(tellingOf(...log), "The kernel of machine 'm' panicked: Attempted to kill init!");
});

test("TellingLine is null when nothing tells, and short when a line is long", () => {
  assert.equal(tellingOf("all is well", "0 errors", "✗ without reason", "1 failed"), null);
  assert.equal(tellingOf(`error: ${"x".repeat(1000)}`)?.length, 300);
});
