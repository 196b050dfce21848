/** The worker of a session: answers calls one after the other until it is ended. */
import { parentPort, workerData } from "node:worker_threads";
import { openLocalStore } from "#store/local/local-store.ts";
import { EvaluationError, toEvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { EvalIoError } from "../io.ts";
import { errorDataOf } from "./error-data.ts";
import { awaitRealise, type RealiseRequest } from "./protocol.ts";
import { openEvaluation } from "./run-request.ts";
import type { SessionCall, SessionErrorData, SessionMessage, SessionStart } from "./session-protocol.ts";
import { SessionRunner } from "./session-runner.ts";

function post(message: SessionMessage): void {
  parentPort?.postMessage(message);
}

/** That many files parsed are worth writing to the cache between two answers. */
const manyFiles = 10;

function main({ request, shared, interrupt }: SessionStart): void {
  const realise = (requests: readonly RealiseRequest[]): void => {
    const failure = awaitRealise(shared, () => post({ type: "realise", requests }));
    if (failure !== null) throw new EvalIoError("build-failed", failure);
  };
  const log = (line: string): void => post({ type: "log", line });
  const hooks = { openStore: (root: string) => openLocalStore({ root }), log, realise };
  const { evaluation, io } = openEvaluation(request, hooks, new Int32Array(interrupt));
  const runner = new SessionRunner(evaluation, request);
  parentPort?.on("message", ({ id, operation, argument }: SessionCall) => {
    try {
      // The caller's method has the types of this operation (session.ts).
      const run = runner[operation] as (argument: unknown) => unknown;
      const result = run.call(runner, argument);
      evaluation.guardIo(() => io.flush());
      evaluation.saveParsedFiles(manyFiles);
      post({ type: "result", id, result });
    } catch (thrown) {
      const error = toEvaluationError(thrown);
      if (!(error instanceof EvaluationError)) throw error;
      post({ type: "failure", id, error: failureOf(error, evaluation, runner.isTraceShown) });
    }
  });
}

function failureOf(error: EvaluationError, evaluation: Evaluation, showTrace: boolean): SessionErrorData {
  const file = evaluation.sources.fileOf(error.pos);
  const atEnd = file !== null && !file.isFile && error.pos - file.base >= file.text.trimEnd().length;
  const incomplete =
    error.kind === "syntax" && (atEnd || error.pos === 0 || /end of file|^unterminated/.test(error.message));
  return { ...errorDataOf(error, evaluation, showTrace), incomplete };
}

main(workerData as SessionStart);
