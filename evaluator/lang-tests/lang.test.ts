/**
 * The language tests: every case of the corpus against its golden text, and, where Nix 2.8 is installed, against it.
 * `UPDATE_GOLDEN=1` writes the golden texts anew from our own answers: look at the difference before you commit it.
 */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { askFirn, type FirnAnswer } from "./ask-firn.ts";
import { type Case, type CorpusFolder, readCorpus, unpackCorpus, writeGoldens } from "./corpus.ts";
import { askRealNix, printWithRealNix, realNixVersion } from "./real-nix.ts";

const ROOT = mkdtempSync(join(tmpdir(), "firn-lang-"));
after(() => rmSync(ROOT, { recursive: true, force: true }));

const isOracle = realNixVersion()?.startsWith("2.8.") ?? false;
const skip = isOracle ? false : "Nix 2.8 is not installed";
const update = process.env["UPDATE_GOLDEN"] === "1";

const okay = readCorpus("okay");
const fail = readCorpus("fail");
const parseFail = readCorpus("parse-fail");
const notYet = readCorpus("not-yet");
unpackCorpus(ROOT, [...okay, ...fail, ...parseFail, ...notYet]);

test("okay: every case prints its golden text", async () => {
  await compareWithGoldens("okay", okay, "value");
});

test("okay: every case prints what real Nix prints", { skip }, () => {
  const cases = okay.filter(({ differs }) => differs === null);
  const answers = printWithRealNix(cases.map(({ file }) => join(ROOT, file)));
  const problems = cases.flatMap((one, n) => {
    const answer = answers[n];
    const printed = answer?.kind === "value" ? answer.shown : JSON.stringify(answer);
    return printed === one.expected ? [] : [`${title(one)}\n  golden   ${one.expected}\n  real Nix ${printed}`];
  });
  failWith(problems);
});

test("okay: printed without --strict, what is not computed shows in the same places as in real Nix", {
  skip,
}, async () => {
  const cases = okay.filter(({ differs }) => differs === null);
  const theirs = printWithRealNix(
    cases.map(({ file }) => join(ROOT, file)),
    [],
  );
  const answers = await evaluate(cases, "okay", false);
  const problems = cases.flatMap((one, n) => {
    const answer = theirs[n];
    const printed = answer?.kind === "value" ? utf8(answer.shown) : JSON.stringify(answer);
    const ours = textOfAnswer(answers[n]);
    return printed === ours ? [] : [`${title(one)}\n  real Nix ${printed}\n  ours     ${ours}`];
  });
  failWith(problems);
});

test("fail: every case gives its golden message", async () => {
  await compareWithGoldens("fail", fail, "error");
});

test("parse-fail: every case gives its golden message, already when it is parsed", async () => {
  await compareWithGoldens("parse-fail", parseFail, "error");
});

test("fail and parse-fail: real Nix fails too", { skip }, () => {
  const cases = [...fail, ...parseFail].filter(({ differs }) => differs === null);
  const answers = askRealNix(cases.map(({ program }) => program));
  const problems = cases.filter((_, n) => answers[n]?.kind === "value").map(title);
  failWith(problems);
});

test("not-yet: every case still fails (one that works belongs to okay)", async () => {
  const answers = await evaluate(notYet, "okay");
  const problems = notYet.filter((one, n) => isDone(one, answers[n])).map(title);
  failWith(problems);
});

/** A case of not-yet that has a golden text is done when it prints it; another when it does not fail. */
function isDone(one: Case, answer: FirnAnswer | undefined): boolean {
  return answer?.kind === "value" && (one.expected === null || answer.text === utf8(one.expected));
}

async function compareWithGoldens(
  folder: CorpusFolder,
  cases: readonly Case[],
  kind: "value" | "error",
): Promise<void> {
  const answers = await evaluate(cases, folder);
  const problems = cases.flatMap((one, n) => {
    const answer = answers[n];
    const text = textOfAnswer(answer);
    if (answer?.kind !== kind)
      return [`${title(one)}\n  should be ${kind === "value" ? "a value" : "an error"}: ${text}`];
    const expected = utf8(one.expected ?? "");
    return update || text === expected ? [] : [`${title(one)}\n  golden ${expected}\n  ours   ${text}`];
  });
  if (update)
    writeGoldens(
      folder,
      cases,
      answers.map((answer) => Buffer.from(textOfAnswer(answer)).toString("latin1")),
    );
  failWith(problems);
}

function evaluate(cases: readonly Case[], folder: CorpusFolder, strict = true): Promise<FirnAnswer[]> {
  const output =
    folder === "parse-fail" ? { type: "parse" as const } : { type: "value" as const, format: "nix" as const, strict };
  return askFirn(cases.map(({ file }) => ({ source: { type: "file", path: join(ROOT, file) }, output })));
}

/** A value as printed, or an error as a person sees it, without the folder that the test put it into. */
function textOfAnswer(answer: FirnAnswer | undefined): string {
  if (answer === undefined || answer.kind === "died") return "(no answer)";
  if (answer.kind === "value") return answer.text;
  if (answer.kind === "crash") return `crash: ${answer.message}`;
  const lines = [`error: ${answer.message}`, ...(answer.details?.split("\n") ?? [])];
  if (answer.hint !== undefined) lines.push(`hint: ${answer.hint}`);
  const text = lines.join("\n").replaceAll(`${ROOT}/`, "");
  // How many frames fit the stack is no fact of the language.
  return text.replaceAll(/[a-z-]+\/([a-z-]+)-[0-9]+\.nix/g, "$1.nix").replaceAll(/\([0-9]{4,} more/g, "(many more");
}

function failWith(problems: readonly string[]): void {
  if (problems.length > 0) assert.fail(`\n${problems.join("\n")}`);
}

function title({ topic, name }: Case): string {
  return `${topic}: ${name}`;
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8").trimEnd();
}
