/** The worker: answers one request and ends. */
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import type { LocalStore } from "#store/api.ts";
import type { AdditionSink } from "../glue/pending-writes.ts";
import { EvalIoError } from "../io.ts";
import { awaitRealise, type RealiseRequest, type WorkerMessage, type WorkerStart } from "./protocol.ts";
import { RequestFailure, runRequest } from "./run-request.ts";

function post(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}

/** Loaded when it is needed, which is seldom: what is added goes to the thread that waits. The io is synchronous. */
function openStore(root: string): LocalStore {
  const load = createRequire(import.meta.url);
  const module = load("#store/local/local-store.ts") as typeof import("#store/local/local-store.ts");
  return module.openLocalStore({ root });
}

function main({ request, resultKey, shared }: WorkerStart): void {
  const realise = (requests: readonly RealiseRequest[]): void => {
    const failure = awaitRealise(shared, () => post({ type: "realise", requests }));
    if (failure !== null) throw new EvalIoError("build-failed", failure);
  };
  const sink: AdditionSink = {
    send: (additions) => post({ type: "write", additions }),
    // When writing fails, the other side ends this thread.
    wait: () => void awaitRealise(shared, () => post({ type: "settle" })),
  };
  try {
    const log = (line: string): void => post({ type: "log", line });
    const hooks = { openStore, log, realise, sink };
    const answer = runRequest(request, hooks, resultKey);
    post({ type: "answer", answer });
  } catch (error) {
    if (!(error instanceof RequestFailure)) throw error;
    post({ type: "failure", error: error.data });
  }
}

main(workerData as WorkerStart);
