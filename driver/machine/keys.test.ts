import assert from "node:assert/strict";
import { test } from "node:test";
import { keysOfCharacter, keysOfCombination } from "./keys.ts";

test("keysOfCombination: names and characters", () => {
  assert.deepEqual(keysOfCombination("ctrl-alt-delete"), ["ctrl", "alt", "delete"]);
  assert.deepEqual(keysOfCombination("alt-f2"), ["alt", "f2"]);
  assert.deepEqual(keysOfCombination("enter"), ["ret"]);
  assert.deepEqual(keysOfCombination("A"), ["shift", "a"]);
});

test("keysOfCharacter: every printable ASCII character has keys", () => {
  for (let code = 32; code < 127; code += 1) {
    const character = String.fromCharCode(code);
    assert.notDeepEqual(keysOfCharacter(character), [], `no key for '${character}'`);
  }
  assert.deepEqual(keysOfCharacter("_"), ["shift", "minus"]);
  assert.deepEqual(keysOfCharacter("€"), []);
});
