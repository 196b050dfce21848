import assert from "node:assert/strict";
import { test } from "node:test";
import { type FlagSpecs, mainSpelling, parseFlags } from "./flags.ts";

const specs = {
  attr: { kind: "list", aliases: ["-A"], value: "ATTR", help: "" },
  arg: { kind: "pairs", value: "NAME EXPR", help: "" },
  maxJobs: { kind: "string", aliases: ["-j"], value: "N", help: "" },
  json: { kind: "boolean", help: "" },
} as const satisfies FlagSpecs;

const usageError = { code: "CLI_USAGE", exitCode: 2 };

test("parseFlags: flags of every kind, between operands", () => {
  const line = parseFlags(specs, [
    "a.nix",
    "-A",
    "x",
    "--json",
    "--arg",
    "n",
    "1 + 1",
    "-A",
    "y",
    "b.nix",
    "--max-jobs=4",
  ]);
  assert.deepEqual(line.operands, ["a.nix", "b.nix"]);
  assert.deepEqual(line.flags, { attr: ["x", "y"], arg: [["n", "1 + 1"]], maxJobs: "4", json: true });
});

test("parseFlags: the last of a repeated string wins, a letter takes its value without a space", () => {
  assert.equal(parseFlags(specs, ["-j4", "-j", "2"]).flags.maxJobs, "2");
  assert.deepEqual(parseFlags(specs, ["-Ahello"]).flags.attr, ["hello"]);
});

test("parseFlags: nothing is a flag after '--', and '-' never is", () => {
  assert.deepEqual(parseFlags(specs, ["-", "--", "--json", "-A"]).operands, ["-", "--json", "-A"]);
});

test("parseFlags: a value may look like a flag", () => {
  assert.deepEqual(parseFlags(specs, ["--arg", "n", "-1"]).flags.arg, [["n", "-1"]]);
});

test("parseFlags: an unknown flag is a usage error that names a near one", () => {
  assert.throws(() => parseFlags(specs, ["--jsn"]), usageError);
  assert.throws(() => parseFlags(specs, ["--max-job"]), { ...usageError, hint: /--max-jobs/ });
});

test("parseFlags: a missing value is a usage error", () => {
  assert.throws(() => parseFlags(specs, ["--max-jobs"]), usageError);
  assert.throws(() => parseFlags(specs, ["--arg", "n"]), usageError);
});

test("mainSpelling: camelCase becomes kebab-case", () => {
  assert.equal(mainSpelling("noOutLink"), "--no-out-link");
  assert.equal(mainSpelling("x"), "-x");
});
