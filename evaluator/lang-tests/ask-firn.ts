/**
 * Answers of our evaluator to many programs, each in an evaluation of its own, all in one worker with the big stack that the
 * evaluator has in earnest. A program that takes too long is answered as died, and a new worker goes on after it.
 */

import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import type { EvaluationSource, OutputMode } from "../request.ts";

export interface FirnJob {
  readonly source: EvaluationSource;
  readonly output: OutputMode;
}

/** Text is ordinary text. A crash is our bug: something that is no evaluation error. */
export type FirnAnswer =
  | { readonly kind: "value"; readonly text: string }
  | {
      readonly kind: "error";
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
      readonly details?: string;
    }
  | { readonly kind: "crash"; readonly message: string }
  | { readonly kind: "died" };

const STACK_MIB = 64;
const SEMI_SPACE_MIB = 64;

/** Answers in the order of the jobs. */
export async function askFirn(
  jobs: readonly FirnJob[],
  options: { readonly timeoutMs?: number } = {},
): Promise<FirnAnswer[]> {
  const answers: FirnAnswer[] = [];
  while (answers.length < jobs.length) {
    answers.push(...(await runWorker(jobs.slice(answers.length), options.timeoutMs ?? 20_000)));
    if (answers.length < jobs.length) answers.push({ kind: "died" });
  }
  return answers;
}

/** Answers up to the job that took too long or ended the worker. */
async function runWorker(jobs: readonly FirnJob[], timeoutMs: number): Promise<FirnAnswer[]> {
  setFlagsFromString(`--min-semi-space-size=${SEMI_SPACE_MIB}`);
  setFlagsFromString(`--max-semi-space-size=${SEMI_SPACE_MIB}`);
  const worker = new Worker(new URL("firn-worker.ts", import.meta.url), {
    workerData: jobs,
    resourceLimits: { stackSizeMb: STACK_MIB },
  });
  const answers: FirnAnswer[] = [];
  const { promise, resolve } = Promise.withResolvers<FirnAnswer[]>();
  const timer = setTimeout(() => void worker.terminate(), timeoutMs);
  worker.on("message", (answer: FirnAnswer) => {
    answers.push(answer);
    timer.refresh();
  });
  worker.on("error", (error) => answers.push({ kind: "crash", message: String(error) }));
  worker.on("exit", () => resolve(answers));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
