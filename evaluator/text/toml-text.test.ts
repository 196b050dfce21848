import assert from "node:assert/strict";
import { test } from "node:test";
import { askRealNix, realNixVersion } from "../lang-tests/real-nix.ts";
import { type JsonBuilder, quoteJson } from "./json-text.ts";
import { parseToml, TomlTextError } from "./toml-text.ts";

/** Shows values as show.nix does. */
const shown: JsonBuilder<string> = {
  atom: String,
  integer: String,
  float: (value) => `float ${value.toFixed(6)} ${(value * 1e12).toFixed(6)}`,
  string: quoteJson,
  array: (elements) => `[ ${elements.map((element) => `(${element})`).join(" ")} ]`,
  object: (keys, values) => {
    const members = keys.map((key, n) => `${quoteJson(key)} = ${values[n]};`);
    return `{ ${members.sort().join(" ")} }`;
  },
};

const DOCUMENTS = [
  "",
  "a = 1",
  "a = 0xff\nb = 0o17\nc = 0b101\nd = 1_000\ne = +1\nf = -17",
  "a = 9223372036854775807\nb = -9223372036854775808",
  "a = 1.5\nb = 1e3\nc = -2.5e-3\nd = 6.626e-4",
  "a = true\nb = false",
  'a = "x\\ty\\n\\"\\\\\\u00e9\\U0001F600"\nb = \'raw\\n\'',
  "a = \"\"\"\nfirst\n  second \\\n   joined\"\"\"\nb = '''\nraw'''",
  "# comment\n\n[a]\nb = 1 # more\n[a.c]\nd = 2\n[[e]]\nf = 1\n[[e]]\nf = 2\n[e.g]\nh = 3",
  "a.b.c = 1\na.d = 2\n\"quoted key\" = 3\n'x.y'.z = 4",
  "a = [1, [2, 3], []]\nb = [\n  1, # one\n  2,\n]\nc = { x = 1, y.z = 2 }\nd = {}",
  'a = "\xc3\xa9"',
  "a",
  "a =",
  "a = 1\na = 2",
  "a = 1979-05-27T07:32:00Z",
  "a = 07:32:00",
  'a = "x',
  "a = [1, 2",
  "[a]\n[a]",
  "= 1",
  "a = 01",
  "a = 1__0",
  "a = nope",
  "a = 1 b = 2",
];

test("parseToml agrees with real Nix", { skip: realNixVersion() === null }, () => {
  const programs = DOCUMENTS.map((text) => `builtins.fromTOML "${text.replaceAll(/[\\"$]/g, "\\$&")}"`);
  const answers = askRealNix(programs);
  DOCUMENTS.forEach((text, n) => {
    const answer = answers[n];
    assert.equal(ours(text), answer?.kind === "value" ? answer.shown : "error", `text ${JSON.stringify(text)}`);
  });
});

function ours(text: string): string {
  try {
    return parseToml(text, shown);
  } catch (error) {
    assert(error instanceof TomlTextError, String(error));
    return "error";
  }
}

test("parseToml tells what is wrong and where", () => {
  assert.throws(() => parseToml("a = 1\nb", shown), { message: /^invalid TOML at line 2, column \d+: / });
  assert.throws(() => parseToml("a = 9223372036854775808", shown), TomlTextError);
  assert.throws(() => parseToml("a = 1979-05-27", shown), { message: "Dates and times are not supported" });
  assert.throws(() => parseToml('a = "\xe9"', shown), { message: "the text is not UTF-8" });
  assert.equal(parseToml("__proto__ = 1", shown), '{ "__proto__" = 1; }');
  assert.equal(parseToml("a = inf\nb = -0.0", { ...shown, float: String }), '{ "a" = Infinity; "b" = 0; }');
});
