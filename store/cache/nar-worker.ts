/** Thread that writes NAR files, one request after another; compression and hashing stay off the caller's thread. */
import { parentPort } from "node:worker_threads";
import { systemErrorCode } from "../std/system-error.ts";
import { type NarCompression, type NarFile, writeNarFile } from "./nar-file.ts";

export interface NarRequest {
  readonly folder: string;
  readonly physical: string;
  readonly compression: NarCompression;
  readonly temporaryName: string;
}

/** Errors do not survive the way between threads, so they go as data. */
export type NarReply = { readonly file: NarFile } | { readonly code: string; readonly message: string };

function answer(request: NarRequest): NarReply {
  try {
    return { file: writeNarFile(request.folder, request.physical, request) };
  } catch (error) {
    return { code: systemErrorCode(error) ?? "", message: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on("message", (request: NarRequest) => parentPort?.postMessage(answer(request)));
