import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, askRealNix, realNixVersion } from "../lang-tests/real-nix.ts";
import { type Capture, compileRegex, PosixRegexError } from "./posix-regex.ts";

/** Patterns at the edges of syntax; each is tried on TEXTS. */
const PATTERNS = [
  "",
  "a",
  "ab",
  "(a*)*",
  "(a*)+",
  "(a*)?",
  "()",
  "(a|ab)(c|bcd)(d*)",
  "((a)|b)*",
  "a|",
  "(|a)",
  "(a|ab)(bc|c)?",
  "a|ab",
  "(a|ab)(b?)",
  "x*",
  "^a",
  "^",
  "$",
  "(^)",
  "(b|$|^)",
  "b*$|^",
  "a{2}{3}",
  "a**",
  "a+?",
  "a+*",
  "(a?){3}",
  "(a|b){2,}",
  "(a|b){0,2}c?",
  "(a){0}b",
  "((a)|(b))+",
  ".",
  ".*",
  "a.c",
  "[[:space:]]+",
  "[^[:alnum:]]",
  "[]a]+",
  "[^]a]",
  "[a\\]",
  "[[a]",
  "[a-]]",
  "[--a]",
  "[%--]",
  "[---]",
  "[+--]",
  "[+---]",
  "[--]",
  "[a-z-]",
  "[-a-]",
  "[[.hyphen.]]",
  "[[.a.]-c]",
  "[[=a=]]",
  "[[:W:]]",
  "[[:d:]]",
  "[[:s:]]",
  "[[:ALPHA:]]",
  "[[.NUL.]]",
  "[[.left-square-bracket.]]",
  "\\(",
  "\\\\",
  "\\^\\$\\.",
  "a}",
  "a]",
  "a$b",
  "a^b",
  "(a$)|b",
  "(^a|b)",
  "\xe9",
  "[\xe0-\xff]",
  "[^\xe9]",
  "(.*)(b+)(.*)",
  "([ab]*)b?",
  "(a*)(a|b)*",
  "(a*b?)*",
  "((a*)b?)*",
  "(a|(b))*c?",
  "(()|a)+b?",
  // Errors.
  "*a",
  "^*",
  "$*",
  "a|*",
  "(*a)",
  "+",
  "?",
  "{1}",
  "a{",
  "a{1",
  "a{1,0}",
  "a{,3}",
  "a{x}",
  "a{1,2,3}",
  "(a",
  "a)",
  "\\",
  "a\\d",
  "a\\]",
  "a\\}",
  "\\-",
  "\\/",
  "\\1",
  "[",
  "[]",
  "[^]",
  "[[:alpha:",
  "[[:foo:]]",
  "[[.foo.]]",
  "[[=ab=]]",
  "[[.-.]]",
  "[[..]]",
  "[[::]]",
  "[[=+=]]",
  "[a--]",
  "[a-z-9]",
  "[[:alpha:]-z]",
  "[[:alpha:]--]",
  "[-----]",
  "[z-a]",
  "[a-[.z.]]",
  "[a-\xe9]",
  "[[",
  "[a[",
  "[[:constructor:]]",
  "a{99999999999999999999}",
  "a{100000}",
  "a{33331}",
  "(a{300}){300}",
  "a{49997}",
  "a{49998}",
  "(a|b){9000}",
];
const TEXTS = [
  "",
  "a",
  "b",
  "ab",
  "abcd",
  "aaaaaa",
  "xaby",
  "abb",
  "a-b",
  "a]b[\\",
  "a\nb c\t",
  "(^$.)",
  "A1_%+",
  "\xe9a\xc3",
  "c",
];

// Errors are told apart by their text, which is that of 2.8.
const skip = realNixVersion()?.startsWith("2.8.") ? false : "Nix 2.8 is not installed";

test("compileRegex agrees with real Nix on edges of syntax and matching", { skip }, () => {
  compareWithNix(PATTERNS, TEXTS);
});

test("compileRegex agrees with real Nix on random patterns", { skip }, (t) => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
  t.diagnostic(`SEED=${seed}`);
  const random = randomFrom(seed);
  const patterns = Array.from({ length: 250 }, () => randomPattern(random, 2));
  const texts = Array.from({ length: 12 }, () => randomText(random));
  compareWithNix(patterns, ["", ...texts]);
});

function compareWithNix(patterns: readonly string[], texts: readonly string[]): void {
  const list = texts.map(nixString).join(" ");
  const programs = patterns.map((pattern) => {
    const p = nixString(pattern);
    return `map (t: { match = builtins.match ${p} t; split = builtins.split ${p} t; }) [ ${list} ]`;
  });
  const answers = askRealNix(programs, { timeoutMs: 10_000 });
  patterns.forEach((pattern, n) => {
    // C++ Nix needs exponential time for some.
    if (answers[n]?.kind === "died") return;
    assert.deepEqual(ours(pattern, texts), kindOfAnswer(answers[n]), `pattern ${JSON.stringify(pattern)}`);
  });
}

function ours(pattern: string, texts: readonly string[]): string {
  try {
    const regex = compileRegex(pattern);
    const shown = texts.map(
      (text) => `({ "match" = ${show(regex.match(text))}; "split" = ${show(regex.split(text))}; })`,
    );
    return `[ ${shown.join(" ")} ]`;
  } catch (error) {
    assert(error instanceof PosixRegexError, String(error));
    return error.message.startsWith("memory") ? "too large" : "invalid";
  }
}

function kindOfAnswer(answer: Answer | undefined): string {
  if (answer?.kind === "value") return answer.shown;
  assert.equal(answer?.kind, "error");
  assert.match(answer.message, /^(memory limit exceeded by|invalid) regular expression/);
  return answer.message.startsWith("memory") ? "too large" : "invalid";
}

/** As show.nix does. */
function show(value: Capture | readonly (Capture | readonly Capture[])[]): string {
  if (value === null) return "null";
  if (typeof value !== "string") return `[ ${value.map((element) => `(${show(element)})`).join(" ")} ]`;
  const escapes: Readonly<Record<string, string>> = { "\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\" };
  return `"${value.replaceAll(/[\n\t\r"\\]/g, (char) => escapes[char] ?? char)}"`;
}

function nixString(text: string): string {
  return `"${text.replaceAll(/[\\"$]/g, "\\$&")}"`;
}

type Random = (below: number) => number;

function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39) >>> 0;
    return ((mixed ^ (mixed >>> 16)) >>> 0) % below;
  };
}

function randomPattern(random: Random, depth: number): string {
  const alternatives = Array.from({ length: 1 + (random(3) === 0 ? 1 + random(2) : 0) }, () => {
    return Array.from({ length: random(4) }, () => randomTerm(random, depth)).join("");
  });
  return alternatives.join("|");
}

function randomTerm(random: Random, depth: number): string {
  const atoms = ["a", "b", "c", ".", "[ab]", "[^a]", "^", "$"];
  const atom =
    depth > 0 && random(3) === 0
      ? `(${randomPattern(random, depth - 1)})`
      : (atoms[random(40) === 0 ? random(8) : random(6)] ?? "a");
  const quantifiers = ["*", "+", "?", "{2}", "{1,}", "{0,2}", "{1,3}", "{0}"];
  return random(5) > 1 || atom === "^" || atom === "$" ? atom : atom + (quantifiers[random(quantifiers.length)] ?? "");
}

function randomText(random: Random): string {
  return Array.from({ length: random(7) }, () => "abcx"[random(4)]).join("");
}

test("compileRegex matches texts that no backtracking stack of the engine holds", () => {
  const text = "ab".repeat(500_000);
  assert.deepEqual(compileRegex("((a)|(b))*").match(text)?.length, 3);
  assert.deepEqual(compileRegex("(a|b|ab)*").match(text), ["b"]);
});

test("compileRegex keeps compiled patterns and names what is wrong with others", () => {
  assert.equal(compileRegex("a+b"), compileRegex("a+b"));
  assert.throws(() => compileRegex("(a"), { message: "invalid regular expression '(a': a '(' is not closed" });
  assert.throws(() => compileRegex("a{100000}"), {
    message: "memory limit exceeded by regular expression 'a{100000}'",
  });
});
