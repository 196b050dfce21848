/** The thread of `maintenance.ts`: one request, one answer. */
import { parentPort, workerData } from "node:worker_threads";
import { openLocalStore } from "../local/local-store.ts";
import type { LocalStore } from "../local/store-interface.ts";
import { isAppError } from "../std/app-error.ts";
import type { MaintenanceAnswer, MaintenanceRequest } from "./maintenance.ts";

// as: what `runMaintenance` handed over
const { root, request } = workerData as { readonly root: string; readonly request: MaintenanceRequest };

function run(store: LocalStore): unknown {
  if (request.type === "collect") return store.collectGarbage(request.options);
  if (request.type === "optimise") return store.optimise();
  return store.verify({ checkContents: request.checkContents });
}

function answer(): MaintenanceAnswer {
  const store = openLocalStore({ root });
  try {
    return { ok: true, value: run(store) };
  } catch (error) {
    if (!isAppError(error)) throw error;
    const { code, message, hint, exitCode } = error;
    return { ok: false, error: { code, message, hint, exitCode } };
  } finally {
    store.close();
  }
}

parentPort?.postMessage(answer());
