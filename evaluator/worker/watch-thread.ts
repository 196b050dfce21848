/**
 * The thread of a watched evaluation. Every round is an evaluation of its own, from nothing, so its answer is that of a cold
 * one; what stays is what cannot make it another: parsed files (checked before use) and the machine code of the evaluator.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { LocalStore } from "#store/api.ts";
import { openLocalStore } from "#store/local/local-store.ts";
import { EvaluationError, toEvaluationError } from "../errors.ts";
import { RecordingIo } from "../glue/recording-io.ts";
import { type EvalIo, EvalIoError } from "../io.ts";
import type { EvaluationRequestData } from "../request.ts";
import { errorDataOf } from "./error-data.ts";
import { awaitRealise, type RealiseRequest } from "./protocol.ts";
import { openEvaluation, Runner, type RunnerHooks } from "./run-request.ts";
import type { Round, WatchMessage, WatchStart } from "./watch-protocol.ts";

function post(message: WatchMessage): void {
  parentPort?.postMessage(message);
}

function hooksOf(shared: SharedArrayBuffer): RunnerHooks {
  return {
    openStore: (root: string): LocalStore => openLocalStore({ root }),
    log: (line) => post({ type: "log", line }),
    realise: (requests: readonly RealiseRequest[]): void => {
      const failure = awaitRealise(shared, () => post({ type: "realise", requests }));
      if (failure !== null) throw new EvalIoError("build-failed", failure);
    },
    sink: {
      send: (additions) => post({ type: "write", additions }),
      wait: () => void awaitRealise(shared, () => post({ type: "settle" })),
    },
  };
}

function runRound(request: EvaluationRequestData, hooks: RunnerHooks): Round {
  const recordings: RecordingIo[] = [];
  const wrapIo = (inner: EvalIo): EvalIo => {
    const recording = new RecordingIo(inner, request);
    recordings.push(recording);
    return recording;
  };
  const { evaluation, io } = openEvaluation(request, { ...hooks, wrapIo });
  const seen = (): Pick<Round, "reads" | "isCertain"> => ({
    reads: recordings.map(({ reads }) => reads),
    isCertain: !recordings.some(({ sawYoungFile }) => sawYoungFile),
  });
  try {
    const answer = new Runner(evaluation, request).answer();
    evaluation.guardIo(() => io.flush());
    return { answer, error: null, ...seen() };
  } catch (thrown) {
    const error = toEvaluationError(thrown);
    if (!(error instanceof EvaluationError)) throw error;
    return { answer: null, error: errorDataOf(error, evaluation, request.showTrace), ...seen() };
  } finally {
    evaluation.saveParsedFiles();
    io.close();
  }
}

// What the thread that watches gave this one to start with.
const { request, shared } = workerData as WatchStart;
const hooks = hooksOf(shared);
parentPort?.on("message", () => post({ type: "round", round: runRound(request, hooks) }));
