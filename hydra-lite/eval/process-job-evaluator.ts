/**
 * Evaluates in a process of `firn eval --jobs`: an evaluation that runs out of memory or is killed ends with a reason,
 * takes nothing else with it, and gives all its memory back before the builds start.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { AppError } from "#store/std/app-error.ts";
import type { JobResult } from "../model/job.ts";
import type { EvaluationRequest, JobEvaluator, NixArgument } from "./job-evaluator.ts";
import { parseJobLine } from "./parse-job-line.ts";

const firnProgram = fileURLToPath(new URL("../../bin/firn", import.meta.url));
const keptErrorBytes = 16_384;

export interface ProcessEvaluatorOptions {
  /** Firn's root, where derivations are written. */
  readonly root: string;
  /** Node's path and arguments before the flags; `bin/firn eval` of this Firn unless told. */
  readonly command?: readonly string[];
}

export function processJobEvaluator({ root, command }: ProcessEvaluatorOptions): JobEvaluator {
  const [program = process.execPath, ...fixedArguments] = command ?? [process.execPath, firnProgram, "eval"];
  return {
    evaluate: (request) =>
      runEvaluator(program, [...fixedArguments, ...flagsOf(request)], { root, signal: request.signal }),
  };
}

function flagsOf({ releaseFile, arguments: given }: EvaluationRequest): string[] {
  return ["--jobs", releaseFile, "--json", ...argumentFlags(given)];
}

/** As the Nix tools spell arguments. */
export function argumentFlags(given: readonly NixArgument[]): string[] {
  return given.flatMap(({ name, kind, value }) => [kind === "string" ? "--argstr" : "--arg", name, value]);
}

async function* runEvaluator(
  program: string,
  args: readonly string[],
  { root, signal }: { readonly root: string; readonly signal: AbortSignal | undefined },
): AsyncGenerator<JobResult> {
  signal?.throwIfAborted();
  const child = spawn(program, args, {
    env: { ...process.env, FIRN_ROOT: root },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = (): void => void child.kill("SIGTERM");
  signal?.addEventListener("abort", stop);
  const ended = endOf(child);
  const complaints = tailOf(child.stderr);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line !== "") {
        yield parseJobLine(line);
      }
    }
    const end = await ended;
    signal?.throwIfAborted();
    if (end.code !== 0) {
      throw evaluatorFailed(end, complaints.text());
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    child.kill("SIGTERM");
  }
}

interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

function endOf(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: null, signal: null, error }));
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}

function tailOf(stream: Readable): { text(): string } {
  let kept = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    kept = (kept + chunk).slice(-keptErrorBytes);
  });
  return { text: () => kept.trim() };
}

function evaluatorFailed({ code, signal, error }: ProcessEnd, complaints: string): AppError {
  const details = complaints === "" ? {} : { details: complaints };
  if (error !== undefined) {
    return new AppError("HYDRA_NO_EVALUATOR", `Cannot start the evaluator: ${error.message}`, { cause: error });
  }
  if (signal !== null) {
    const hint = signal === "SIGKILL" ? { hint: "The system may have run out of memory" } : {};
    return new AppError("HYDRA_EVALUATOR_KILLED", `The evaluator was ended by ${signal}`, { ...hint, ...details });
  }
  // Any other code than 1 is no verdict on what was evaluated: the host lacks something, or the evaluator has a defect.
  const exitCode = code ?? 1;
  return new AppError("HYDRA_EVALUATION_FAILED", `The evaluation failed with exit code ${code}`, {
    ...details,
    exitCode,
  });
}
