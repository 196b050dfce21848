/**
 * Numbers and strings at their edges: each program with the text of its value, checked against ours and, in one batch, against
 * real Nix. A program whose text is "error" must fail in both.
 */
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { askFirn } from "../lang-tests/ask-firn.ts";
import { type Answer, askRealNix, realNixVersion } from "../lang-tests/real-nix.ts";

const MAX = "9223372036854775807";
const MIN = "(-9223372036854775807 - 1)";

/** Integers. */
const integers: Readonly<Record<string, string>> = {
  [MAX]: MAX,
  [MIN]: "-9223372036854775808",
  "9223372036854775808": "error",
  "007": "7",
  [`builtins.bitXor ${MIN} ${MAX}`]: "-1",
  [`builtins.bitAnd ${MIN} (-1)`]: "-9223372036854775808",
  "builtins.bitOr 4294967296 1": "4294967297",
  [`${MAX} / (-1)`]: "-9223372036854775807",
  [`${MIN} / (-1)`]: "error",
  [`${MIN} / 2`]: "-4611686018427387904",
  "-7 / 2": "-3",
  "7 / -2": "-3",
  "7 / (-2)": "-3",
  "1 / 0": "error",
  "1 / 0.0": "error",
  "4611686018427387904 + 4611686018427387903": MAX,
  "3037000499 * 3037000499": "9223372030926249001",
  "9007199254740993 + 0": "9007199254740993",
  "9007199254740991 + 2 - 2 == 9007199254740991": "true",
  [`${MAX} == ${MAX}.0`]: "true",
  "9007199254740993 == 9007199254740992.0": "true",
  "9007199254740992 < 9007199254740993": "true",
  [`[ ${MAX} ] < [ 1.0 ]`]: "false",
  "1 == 1.0 && 1.0 == 1": "true",
  "builtins.lessThan 1 1.5": "true",
  [`toString ${MIN}`]: '"-9223372036854775808"',
  [`builtins.toJSON ${MIN}`]: '"-9223372036854775808"',
  "builtins.ceil 1": "1",
  "builtins.ceil (-0.5)": "0",
  "builtins.floor (-0.5)": "-1",
  "builtins.floor 1.9999999999999998": "1",
  "builtins.ceil 4503599627370495.5": "4503599627370496",
};

/** Floats. The sign of what is no number is the processor's affair, and not asked. */
const floats: Readonly<Record<string, string>> = {
  "toString 0.1": '"0.100000"',
  "toString 1.0e21": '"1000000000000000000000.000000"',
  "toString (0.1 + 0.2)": '"0.300000"',
  "0.1 + 0.2 == 0.3": "false",
  "toString (1.0e308 * 10)": '"inf"',
  "let n = 1.0e308 * 10 - 1.0e308 * 10; in n == n": "false",
  "let n = 1.0e308 * 10 - 1.0e308 * 10; in [ n ] == [ n ]": "true",
  "-0.0 == 0.0": "true",
  "toString (0.0 * (-1))": '"-0.000000"',
  ".5 + 1": "float 1.500000 1500000000000.000000",
  "1.": "float 1.000000 1000000000000.000000",
  "00.5": "error",
  "1.0e400": "error",
  "builtins.typeOf 2.e3": '"float"',
  "1 + 1.5 - 0.5 == 2": "true",
  "5 / 2.0 == 2.5": "true",
  "builtins.toXML 1.0e-7": `"<?xml version='1.0' encoding='utf-8'?>\\n<expr>\\n  <float value=\\"1e-07\\" />\\n</expr>\\n"`,
};

/** Strings are bytes. */
const strings: Readonly<Record<string, string>> = {
  'builtins.stringLength "\xc3\xa9"': "2",
  'builtins.substring 0 1 "\xc3\xa9" == builtins.substring 0 1 "\xc3\xa8"': "true",
  'builtins.substring 1 (-1) "abc"': '"bc"',
  'builtins.substring 5 1 "abc"': '""',
  'builtins.substring 3 1 "abc"': '""',
  'builtins.substring (-1) 1 "abc"': "error",
  'builtins.substring 0 99999999999 "abc"': '"abc"',
  '"\\n\\r\\t\\x\\\\\\"\\$"': '"\\n\\r\\tx\\\\\\"$"',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: of the Nix language
  '"$a $$ \\${b} $${c}"': '"$a $$ ${b} $${c}"',
  "''a''\\nb''\\tc''\\xd''$'''''": `"a\\nb\\tcxd$''"`,
  "''\n    a\n      b\n    ''": '"a\\n  b\\n"',
  "''\n\ta\n\t b''": '"\\ta\\n\\t b"',
  "''a\n  b\n  c''": '"a\\n  b\\n  c"',
  "''  \n  a''": '"a"',
  "''\r\n  a\r\n  b''": '"\\r\\n  a\\r\\n  b"',
  '"a\r\nb\rc"': '"a\\nb\\nc"',
  '"a" < "B"': "false",
  '"\xc3\xa9" > "z"': "true",
  '"a" < "a\\n"': "true",
  'builtins.replaceStrings [ "" ] [ "-" ] "ab"': '"-a-b-"',
  'builtins.replaceStrings [ "a" "ab" ] [ "1" "2" ] "ab"': '"1b"',
  'builtins.replaceStrings [ "ab" "a" ] [ "1" "2" ] "aba"': '"12"',
  'builtins.split "" "ab"': '[ ("") ([  ]) ("a") ([  ]) ("b") ([  ]) ("") ]',
  'builtins.split "(a)|b" "xayb"': '[ ("x") ([ ("a") ]) ("y") ([ (null) ]) ("") ]',
  'builtins.match "a|ab" "ab"': "[  ]",
  'builtins.match "(a|ab)(c|bcd)" "abcd"': '[ ("a") ("bcd") ]',
  'builtins.match "[[:upper:]]" "\xc3"': "null",
  'builtins.match ".*" "a\nb"': "[  ]",
  'builtins.match "a{2,1}" "a"': "error",
  'toString [ true false null 1 [ 2 [ "x" ] ] ]': '"1   1 2 x"',
  'toString { __toString = self: self.x; x = "y"; outPath = 1; }': '"y"',
  'builtins.concatStringsSep ", " [ ]': '""',
  'baseNameOf "a/b/"': '"b"',
  'baseNameOf "a//"': '""',
  'baseNameOf "/"': '""',
  'dirOf "a"': '"."',
  'dirOf "/a"': '"/"',
  'dirOf "a/b/"': '"a/b"',
  'builtins.toJSON "\\u2028\x7f\x01/"': '"\\"u2028\x7f\\\\u0001/\\""',
  'builtins.hashString "md5" ""': '"d41d8cd98f00b204e9800998ecf8427e"',
  'builtins.compareVersions "1.0" "1.0pre"': "1",
};

const programs = { ...integers, ...floats, ...strings };

test("edges: our answers", async () => {
  const show = new URL("../lang-tests/show.nix", import.meta.url).pathname;
  const jobs = Object.keys(programs).map((program) => {
    const text = `import ${show} (${Buffer.from(program, "latin1").toString("latin1")})`;
    return {
      source: { type: "text", text: Buffer.from(text, "latin1").toString("utf8"), folder: tmpdir() },
      output: { type: "value", format: "raw", strict: true },
    } as const;
  });
  const answers = await askFirn(jobs);
  compare(
    answers.map((answer) => (answer.kind === "value" ? Buffer.from(answer.text).toString("latin1") : answer.kind)),
  );
});

const skip = realNixVersion()?.startsWith("2.8.") ? false : "Nix 2.8 is not installed";

test("edges: real Nix's answers", { skip }, () => {
  const shown = ({ kind, ...rest }: Answer): string => ("shown" in rest ? String(rest.shown) : kind);
  compare(askRealNix(Object.keys(programs)).map(shown));
});

function compare(answers: readonly string[]): void {
  assert.deepEqual(Object.fromEntries(Object.keys(programs).map((program, n) => [program, answers[n]])), programs);
}
