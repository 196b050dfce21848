/** Answers of real Nix and ours to the same programs, and whether they agree. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askFirn, type FirnAnswer } from "../lang-tests/ask-firn.ts";
import { type Answer, askRealNix } from "../lang-tests/real-nix.ts";

export interface Difference {
  readonly program: string;
  readonly real: string;
  readonly ours: string;
}

const SHOW_FILE = join(import.meta.dirname, "..", "lang-tests", "show.nix");

/** One answer a program: null where both agree, or where real Nix gave none. Both read the same files. */
export async function compareWithRealNix(programs: readonly string[]): Promise<(Difference | null)[]> {
  const folder = mkdtempSync(join(tmpdir(), "firn-fuzz-"));
  try {
    const theirs = askRealNix(programs, { timeoutMs: 20_000, hasStore: true, folder });
    const ours = await evaluateAll(programs, folder);
    return programs.map((program, n) => {
      const real = describeReal(theirs[n]);
      const own = describeOurs(ours[n]);
      const difference = { program, real: real ?? "", ours: own ?? "" };
      return real === null || own === null || real === own || isIntended(difference) ? null : difference;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Where current Nix differs from 2.8: `replaceStrings` looks only at those replacements that it uses, floats in JSON look like
 * floats (in a derivation that is made of JSON this shows as another hash), names that are inherited have positions of their own.
 */
function isIntended({ program, real, ours }: Difference): boolean {
  const hasFloatInJson = program.includes("__structuredAttrs") && /\d\.|\.\d/.test(program);
  if (hasFloatInJson && withoutHashes(real) === withoutHashes(ours)) return true;
  // A file that is imported may be broken in any way.
  const canFail = real === "error: evaluation" || (real.startsWith("error: ") && /import/i.test(program));
  if (program.includes("replaceStrings") && canFail) return !ours.startsWith("crash");
  if (program.includes("toJSON") && sixDigits(real) === sixDigits(ours)) return true;
  const asksPositions = program.includes("unsafeGetAttrPos") && program.includes("inherit");
  return asksPositions && withoutNumbers(withoutHashes(real)) === withoutNumbers(withoutHashes(ours));
}

/** Old versions write floats in JSON as C++ streams do: six digits, and no `.0`. */
function sixDigits(answer: string): string {
  return answer.replaceAll(/\d+(?:\.\d+)?(?:e[+-]?\d+)?/g, (number) =>
    /[.e]/.test(number) ? String(Number(Number(number).toPrecision(6))) : number,
  );
}

function withoutHashes(answer: string): string {
  return answer.replaceAll(/\/[0-9a-z]{32}-/g, "/hash-");
}

function withoutNumbers(answer: string): string {
  return answer.replaceAll(/\d+/g, "0");
}

async function evaluateAll(programs: readonly string[], folder: string): Promise<FirnAnswer[]> {
  const jobs = programs.map((_, n) => {
    const source = { type: "text", text: `import ${SHOW_FILE} (import ./${n}.nix)`, folder } as const;
    return { source, output: { type: "value", format: "raw", strict: true } } as const;
  });
  return askFirn(jobs, { timeoutMs: 10_000 });
}

/** Errors are told apart only by when they strike: while parsing, looking up names, or evaluating. */
function describeReal(answer: Answer | undefined): string | null {
  if (answer === undefined || answer.kind === "died") return null;
  if (answer.kind === "value") return normalised(utf8(answer.shown));
  const { message } = answer;
  if (/^undefined variable/.test(message)) return "error: undefined variable";
  const isSyntax =
    /^(syntax error|attribute '.*' already defined|duplicate formal|dynamic attributes not allowed|path has a trailing|path '.*' has a trailing|invalid (integer|float) '|no-op|unexpected)/;
  return isSyntax.test(message) ? "error: syntax" : "error: evaluation";
}

/** Null for errors that are ours on purpose. */
function describeOurs(answer: FirnAnswer | undefined): string | null {
  if (answer === undefined || answer.kind === "died") return "no answer";
  if (answer.kind === "crash") return `crash: ${answer.message}`;
  if (answer.kind === "value") return normalised(answer.text);
  if (/^integer overflow|^invalid JSON.*64 bits|out of the range of integers$|^cannot round/.test(answer.message))
    return null;
  if (answer.code === "EVAL_UNDEFINED_VARIABLE") return "error: undefined variable";
  return answer.code === "EVAL_SYNTAX" ? "error: syntax" : "error: evaluation";
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/**
 * Old versions write all control characters in JSON as numbers; values are shown as JSON. The sign of what is no number depends
 * on the processor, and JavaScript does not tell it.
 */
function normalised(answer: string): string {
  return answer.replaceAll("\\u0008", "\\b").replaceAll("\\u000c", "\\f").replaceAll("-nan", "nan");
}
