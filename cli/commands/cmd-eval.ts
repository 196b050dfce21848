import type { EvaluatedJob } from "#evaluator/api.ts";
import { isAppError } from "#store/std/app-error.ts";
import { type Command, defineCommand } from "../command.ts";
import { evaluationFlags, evaluationOptions } from "../evaluation-flags.ts";
import type { Flags } from "../flags.ts";
import { installablesOf } from "../instantiate.ts";
import { showError } from "../output/show-error.ts";
import { red, say } from "../output/terminal.ts";
import { evaluateHere, printText } from "../print-values.ts";

const flags = {
  ...evaluationFlags,
  file: { kind: "string", aliases: ["-f"], value: "FILE", help: "evaluate this file" },
  expr: { kind: "string", aliases: ["-E"], value: "EXPR", help: "evaluate this expression" },
  json: { kind: "boolean", help: "print JSON" },
  raw: { kind: "boolean", help: "print a string as it is" },
  lazy: { kind: "boolean", help: "do not evaluate inside of sets and lists" },
  jobs: { kind: "string", value: "FILE", help: "print the jobs of a release file, with --json one object a line" },
} as const;

type Given = Flags<typeof flags>;

export const command: Command = defineCommand({
  name: "firn eval",
  summary: "Evaluates a Nix expression and prints the value.",
  usage: "[FILE | ATTR...] [-f FILE] [-E EXPR] [-A ATTR] | --jobs FILE",
  flags,
  notes: `
Examples:
  firn eval -E '1 + 1'
  firn eval hello.name                  an attribute of Firn's distro
  firn eval --json -f ./config.nix
  firn eval --jobs distro/release.nix   the jobs and their derivations

Exit codes: 0 evaluated; 1 the evaluation failed (with --jobs: of any job); 2 wrong usage; 130 interrupted.`,
  async run({ flags: given, operands }, { signal }) {
    if (given.jobs !== undefined) return printJobs(given, given.jobs, signal);
    const format = given.json ? "json" : given.raw ? "raw" : "nix";
    const options = { ...evaluationOptions(given), output: { type: "value", format, strict: !given.lazy } } as const;
    await printText(installablesOf({ ...given, operands }), options, { storeFlag: given.store, signal });
    return 0;
  },
});

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
