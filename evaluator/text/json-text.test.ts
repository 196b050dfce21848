import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, askRealNix, realNixVersion } from "../lang-tests/real-nix.ts";
import { type JsonBuilder, JsonTextError, parseJson, quoteJson } from "./json-text.ts";

/** Shows values as show.nix does. */
const shown: JsonBuilder<string> = {
  atom: String,
  integer: String,
  float: (value) => `float ${value.toFixed(6)} ${BigInt(Math.trunc(value * 1e12))}.000000`,
  string: quoteJson,
  array: (elements) => `[ ${elements.map((element) => `(${element})`).join(" ")} ]`.replace("[  ]", "[  ]"),
  object: (keys, values) => {
    const members = new Map(keys.map((key, n) => [key, values[n]]));
    const names = [...members.keys()].sort();
    return `{ ${names.map((name) => `${quoteJson(name)} = ${members.get(name)};`).join(" ")} }`;
  },
};

const ACCEPTED_OR_NOT = [
  ..."null true false 0 -0 1 -1 9007199254740993 9223372036854775807 -9223372036854775808 18446744073709551616".split(
    " ",
  ),
  ..."-9223372036854775809 1e2 1E+2 1.5e-1 0.5 1.0 -2.5 1e999 01 -01 - + 1. .5 1e 1e+ 1.e2 0x10 nul tru fals NaN Infinity".split(
    " ",
  ),
  ...'{} [] [1,2] [1,] [,1] [1 {"a":1} {"a":1,"a":2} {"b":1,"a":{"c":[]}} {"a":} {"a"} {a:1} {1:2} {,} [}'.split(" "),
  "",
  " ",
  " 1 ",
  "1 2",
  "\t[\n1\r]\n",
  "/**/1",
  "\xef\xbb\xbf1",
  "\v1",
  '{"a":1,}',
  "[1 2]",
  '{"a" 1}',
  "'a'",
  '""',
  '"a',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
  '"\\x"',
  '"\\u00e9\\u20ac\\ud83d\\ude00"',
  '"\\ud83d"',
  '"\\ud83dx"',
  '"\\ude00"',
  '"\\ud83d\\u0041"',
  '"\\u12"',
  '"\\u12g4"',
  '"\n"',
  '"\t"',
  '"\x7f"',
  '"\xc3\xa9"',
  '"\xc3"',
  '"\xe2\x82\xac"',
  '"\xe0\x80\x80"',
  '"\xed\xa0\x80"',
  '"\xf0\x9f\x98\x80"',
  '"\xf4\x90\x80\x80"',
  '"\xf5\x80\x80\x80"',
  '"\x80"',
  '"\xc0\x80"',
  '{"\\u0061":"\\u0062"}',
];

test("parseJson agrees with real Nix on what is JSON and what it means", { skip: realNixVersion() === null }, () => {
  const programs = ACCEPTED_OR_NOT.map((text) => `builtins.fromJSON "${text.replaceAll(/[\\"$]/g, "\\$&")}"`);
  const answers = askRealNix(programs);
  ACCEPTED_OR_NOT.forEach((text, n) => {
    assert.equal(ours(text), theirs(answers[n]), `text ${JSON.stringify(text)}`);
  });
});

function ours(text: string): string {
  try {
    return parseJson(text, shown);
  } catch (error) {
    assert(error instanceof JsonTextError, String(error));
    return "error";
  }
}

function theirs(answer: Answer | undefined): string {
  if (answer?.kind !== "value") return "error";
  // Nix 2.8 writes these two as numbers in JSON.
  return answer.shown.replaceAll("\\u0008", "\\b").replaceAll("\\u000c", "\\f");
}

test("parseJson refuses what Nix strings and integers cannot hold, as current Nix does", () => {
  assert.throws(() => parseJson('["\\u0000"]', shown), {
    message: "invalid JSON at line 1, column 3: a Nix string cannot hold a null byte",
  });
  assert.throws(() => parseJson("9223372036854775808", shown), JsonTextError);
  assert.equal(parseJson("9223372036854775807", shown), "9223372036854775807");
});

test("parseJson tells line and column", () => {
  assert.throws(() => parseJson('{\n  "a": ]', shown), {
    message: "invalid JSON at line 2, column 8: unexpected ']', expected a value",
  });
  assert.throws(() => parseJson("[1", shown), {
    message: "invalid JSON at line 1, column 3: unexpected end of input, expected ',' or ']'",
  });
});

test("quoteJson escapes control characters and keeps bytes", () => {
  assert.equal(quoteJson('a"\\\n\x01\x7f\xc3\xa9\b'), '"a\\"\\\\\\n\\u0001\x7f\xc3\xa9\\b"');
});
