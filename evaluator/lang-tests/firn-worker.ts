/** The worker of `ask-firn.ts`: evaluates jobs one after the other and posts each answer. */
import { tmpdir } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { defaultSettings } from "../request.ts";
import { RequestFailure, runRequest } from "../worker/run-request.ts";
import type { FirnAnswer, FirnJob } from "./ask-firn.ts";

function answerJob(job: FirnJob): FirnAnswer {
  const request = {
    source: job.source,
    attributePath: "",
    autoArgs: {},
    searchPath: [],
    folder: "/",
    storeDir: "/nix/store",
    root: "/nowhere",
    readOnly: true,
    system: "x86_64-linux",
    output: job.output,
    showTrace: false,
    ...defaultSettings,
    environment: { HOME: tmpdir() },
  };
  const openStore = (): never => {
    throw new Error("A language test wants to write to the store");
  };
  try {
    const answer = runRequest(request, { openStore, log: () => {}, realise: () => {} });
    return { kind: "value", text: answer.type === "value" ? answer.text : "" };
  } catch (error) {
    if (error instanceof RequestFailure) return { kind: "error", ...error.data };
    return { kind: "crash", message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

for (const job of workerData as readonly FirnJob[]) parentPort?.postMessage(answerJob(job));
