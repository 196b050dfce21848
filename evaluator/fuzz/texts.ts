/** Random texts of the small languages that builtins read: regular expressions, JSON, TOML, versions, and numbers at their edges. */
import type { Random } from "./random.ts";

type Make = (random: Random) => string;

/** `text` (a byte string) as a string of the Nix language. */
export function quoted(text: string): string {
  return `"${text.replaceAll(/[\\"$]/g, "\\$&").replaceAll("\r", "\\r")}"`;
}

function pickFrom(texts: string): Make {
  const choices = texts.split(" ");
  return (random) => choices[random.below(choices.length)] ?? "";
}

function several(random: Random, limit: number, make: Make): string[] {
  return Array.from({ length: random.below(limit) }, () => make(random));
}

const atom = pickFrom(
  "a b c 1 . [ab] [^a] [a-c] [[:digit:]] [[:alpha:]_] [[:space:]] []a] [^]-] [a-] [.] \\. \\( ^ $ [[=a=]] [[.a.]] - , ab \xc3\xa9",
);
const quantifier = pickFrom("* + ? {2} {1,} {0,2} {2,1} {,2} { ** +? *+");

/** Mostly valid; small enough that backtracking over a short subject ends soon. */
export function regexText(random: Random, depth = 0): string {
  const branches = [regexBranch(random, depth), ...(random.oneIn(4) ? [regexBranch(random, depth)] : [])];
  return branches.join("|");
}

function regexBranch(random: Random, depth: number): string {
  return several(random, 4, () => {
    const isGroup = depth < 2 && random.oneIn(4);
    const what = isGroup
      ? `(${regexText(random, depth + 1)})`
      : random.oneIn(60)
        ? pickFrom("( ) [ \\ ] {")(random)
        : atom(random);
    return random.oneIn(3) ? what + quantifier(random) : what;
  }).join("");
}

const subjectPiece = pickFrom("a b c ab 1 12 . - _ , ( ] \xc3\xa9 aa \n");

export function subjectText(random: Random): string {
  return several(random, 8, subjectPiece).join(random.oneIn(5) ? " " : "");
}

const jsonScalar = pickFrom(
  '1 0 -0 -1 1.5 -2.25 1e3 1E-2 0.1 9223372036854775807 -9223372036854775808 true false null "" "a" "\\u0041" "\\ud83d\\ude00" "\\n\\t\\"\\\\\\/" "\xc3\xa9" "x\x7fy"',
);
const jsonFault = pickFrom(
  '01 +1 .5 1. nul True \'a\' "\\x" "\\ud800" [1,] {"a"} {"a":1,} 1e , ] NaN "\t" 1.5.2 -- /**/1',
);
const blank = (random: Random): string => (random.oneIn(6) ? pickFrom("\n \t \r")(random) : random.oneIn(4) ? " " : "");

export function jsonText(random: Random, depth = 0): string {
  const inner = (): string => blank(random) + jsonText(random, depth + 1) + blank(random);
  if (random.oneIn(40)) return jsonFault(random);
  if (depth > 3 || random.oneIn(2)) return jsonScalar(random);
  if (random.oneIn(2)) return `[${several(random, 4, inner).join(",")}]`;
  const key = pickFrom('"a" "b" "" "x\xc3\xa9" "\\u0061" "type" "_type"');
  return `{${several(random, 4, () => `${blank(random)}${key(random)}:${inner()}`).join(",")}}`;
}

const tomlKey = pickFrom("a b c a.b b.c \"x y\" 'q' 1 a-b a.b.c");
const tomlScalar = pickFrom(
  '1 -1 +1 0 1_000 0xff 0o17 0b101 1.5 -0.5 1e3 1.5e-2 6.02_3 true false "" "a\\nb" "\\u00e9" \'c\\d\' """x\ny""" \'\'\'z\'\'\' "\xc3\xa9"',
);
const tomlFault = pickFrom('01 1__0 .5 1. tru "a yes 1979-13-01x 0xg {a=1,} [1 2] = "\\q" 1_');

function tomlValue(random: Random, depth = 0): string {
  if (random.oneIn(50)) return tomlFault(random);
  if (depth > 1 || !random.oneIn(4)) return tomlScalar(random);
  if (random.oneIn(2)) return `[${several(random, 4, () => tomlValue(random, depth + 1)).join(", ")}]`;
  return `{ ${several(random, 3, () => `${tomlKey(random)} = ${tomlValue(random, depth + 1)}`).join(", ")} }`;
}

export function tomlText(random: Random): string {
  const line = (): string => {
    if (random.oneIn(5)) return random.oneIn(3) ? `[[${tomlKey(random)}]]` : `[${tomlKey(random)}]`;
    return `${tomlKey(random)} = ${tomlValue(random)}${random.oneIn(8) ? " # c" : ""}`;
  };
  return several(random, 5, line).join(random.oneIn(30) ? "\r\n" : "\n");
}

const versionPiece = pickFrom("1 2 10 0 01 a pre rc . . - -- _ + \xc3\xa9 git");

export function versionText(random: Random): string {
  return several(random, 7, versionPiece).join("");
}

export const edgeInt: Make = pickFrom(
  "9223372036854775807 (-9223372036854775807) (-9223372036854775807-1) 4294967296 2147483648 (-2147483649) 9007199254740993 007 9223372036854775808 1000000007",
);
export const edgeFloat: Make = pickFrom(
  "1.5 .5 0.1 2. 1.0e3 12.25 3.0 1.0e15 1.0e16 123456789.125 1.0e-7 9007199254740993.0 1.0e308 2.5e-5 0.30000000000000004 999999.5 1.0e22 5.0e-324 1.0E+2 00.5 (-0.0) (-1.5)",
);
