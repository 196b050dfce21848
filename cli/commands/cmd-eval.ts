import type { EvaluatedJob, OutputMode } from "#evaluator/api.ts";
import { AppError, isAppError } from "#store/std/app-error.ts";
import { type Command, defineCommand } from "../command.ts";
import { evaluationFlags, evaluationOptions } from "../evaluation-flags.ts";
import type { Flags } from "../flags.ts";
import { installablesOf } from "../instantiate.ts";
import { showError } from "../output/show-error.ts";
import { paper, red, say } from "../output/terminal.ts";
import { evaluateHere, printText } from "../print-values.ts";
import { watchValues } from "../watch-values.ts";

const flags = {
  ...evaluationFlags,
  file: { kind: "string", aliases: ["-f"], value: "FILE", help: "evaluate this file" },
  expr: { kind: "string", aliases: ["-E"], value: "EXPR", help: "evaluate this expression" },
  apply: { kind: "string", value: "EXPR", help: "call this function with each value, and print what it gives" },
  json: { kind: "boolean", help: "print JSON" },
  raw: { kind: "boolean", help: "print a string as it is" },
  xml: { kind: "boolean", help: "print XML" },
  strict: { kind: "boolean", help: "evaluate inside of sets and lists (what is done unless --lazy)" },
  lazy: { kind: "boolean", help: "do not evaluate inside of sets and lists" },
  readOnly: { kind: "boolean", help: "write nothing to the store (what is done in any case)", hidden: true },
  pureEval: { kind: "boolean", aliases: ["--pure"], help: "let nothing but the expression decide the result" },
  restrictEval: { kind: "boolean", help: "read only what -I and NIX_PATH name" },
  impure: { kind: "boolean", help: "", hidden: true },
  watch: { kind: "boolean", help: "evaluate again when a file that was read changes" },
  jobs: { kind: "string", value: "FILE", help: "print the jobs of a release file, with --json one object a line" },
} as const;

type Given = Flags<typeof flags>;

export const command: Command = defineCommand({
  name: "firn eval",
  summary: "Evaluates a Nix expression and prints the value.",
  usage: "[FILE | ATTR...] [-f FILE] [-E EXPR] [-A ATTR] | --jobs FILE",
  flags,
  notes: `
Several attributes are computed in one evaluation. On a terminal values are laid out over several lines, elsewhere each is
on one. Settings of nix.conf are read, and each is a flag too: --extra-experimental-features pipe-operators.

Examples:
  firn eval -E '1 + 1'
  firn eval hello.name                  an attribute of Firn's distro
  firn eval hello.name git.name --json
  firn eval --json -f ./config.nix
  firn eval -f '<nixpkgs>' -A lib --apply builtins.attrNames
  firn eval --raw hello.meta.description
  firn eval --watch -f ./config.nix     and again after each change of a file that it reads
  firn eval --jobs distro/release.nix   the jobs and their derivations

Exit codes: 0 evaluated; 1 the evaluation failed (with --jobs: of any job); 2 wrong usage; 130 interrupted.`,
  async run({ flags: given, operands }, { signal }) {
    if (given.jobs !== undefined) return printJobs(given, given.jobs, signal);
    const options = { ...evaluationOptions(given), output: outputOf(given) };
    const installables = installablesOf({ ...given, operands });
    if (given.watch) return watchValues(installables, options, { storeFlag: given.store, signal });
    await printText(installables, options, { storeFlag: given.store, signal });
    return 0;
  },
});

/** @throws AppError `CLI_USAGE` */
function outputOf(given: Given): OutputMode {
  const [format, ...others] = (["json", "raw", "xml"] as const).filter((name) => given[name]);
  if (others.length > 0) {
    throw new AppError("CLI_USAGE", `Flags '--${format}' and '--${others[0]}' exclude each other`, { exitCode: 2 });
  }
  const forPeople = process.stdout.isTTY === true && !given.lazy;
  return {
    type: "value",
    ...(format === undefined && forPeople ? { format: "pretty", ...paper() } : { format: format ?? "nix" }),
    strict: !given.lazy,
    ...(given.apply === undefined ? {} : { apply: given.apply }),
  };
}

async function printJobs(given: Given, file: string, signal: AbortSignal): Promise<number> {
  try {
    const answer = await evaluateHere(
      { ...evaluationOptions(given), source: { type: "file", path: file }, output: { type: "jobs", select: ["meta"] } },
      { storeFlag: given.store, signal },
    );
    const jobs = answer.type === "jobs" ? answer.jobs : [];
    for (const job of jobs) printJob(job, given.json);
    return jobs.some((job) => "error" in job) && !given.json ? 1 : 0;
  } catch (error) {
    if (!given.json || !isAppError(error)) throw error;
    const { code, message, hint, details } = error;
    process.stdout.write(`${JSON.stringify({ type: "error", code, message, hint, details })}\n`);
    return showError(error);
  }
}

function printJob(job: EvaluatedJob, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(jobLine(job))}\n`);
  else if ("error" in job) say(`${red("error:")} ${job.attributePath}: ${job.error.message}`);
  else process.stdout.write(`${job.attributePath} ${job.drvPath}\n`);
}

function jobLine(job: EvaluatedJob): object {
  if ("error" in job)
    return {
      attr: job.attributePath,
      error: [job.error.message, job.error.details].filter((part) => part !== undefined).join("\n"),
    };
  const { attributePath: attr, name, drvPath, outputs, system, constituents, selected } = job;
  return { attr, name, system, drvPath, outputs, constituents, meta: selected["meta"] ?? {} };
}
