/**
 * Work on a whole store (collecting, verifying) in a thread of its own: it is synchronous and may take minutes, while a
 * daemon has others to serve.
 */
import { Worker } from "node:worker_threads";
import type { GarbageResult, OptimiseResult } from "../local/store-interface.ts";
import { AppError } from "../std/app-error.ts";
import type { CollectOptions } from "./store.ts";

export type MaintenanceRequest =
  | { readonly type: "collect"; readonly options: CollectOptions }
  | { readonly type: "verify"; readonly checkContents: boolean }
  | { readonly type: "optimise" };

/** Errors do not survive the way as classes: they are rebuilt from this. */
export interface MaintenanceError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly exitCode: number;
}

export type MaintenanceAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: MaintenanceError };

export function runMaintenance(
  root: string,
  request: { readonly type: "collect"; readonly options: CollectOptions },
): Promise<GarbageResult>;
export function runMaintenance(
  root: string,
  request: { readonly type: "verify"; readonly checkContents: boolean },
): Promise<string[]>;
export function runMaintenance(root: string, request: { readonly type: "optimise" }): Promise<OptimiseResult>;
export async function runMaintenance(root: string, request: MaintenanceRequest): Promise<unknown> {
  const worker = new Worker(new URL("./maintenance-worker.ts", import.meta.url), { workerData: { root, request } });
  const answer = await new Promise<MaintenanceAnswer>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`Maintenance ended with code ${code} and no answer`)));
  });
  if (answer.ok) return answer.value;
  const { code, message, hint, exitCode } = answer.error;
  throw new AppError(code, message, { exitCode, ...(hint === undefined ? {} : { hint }) });
}
