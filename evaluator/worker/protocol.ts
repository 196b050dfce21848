/**
 * Messages between the evaluating worker and the thread that asked. The worker blocks in `realise`: it posts the request and
 * waits on a shared word until the other side has built (or failed) and wakes it.
 *
 * Shared buffer: word 0 state (0 waiting, 1 done, 2 failed), word 1 length of the failure's text, then the text.
 */
import type { Addition } from "#store/api.ts";
import type { ErrorData, EvaluationAnswer, EvaluationRequestData } from "../request.ts";

export interface RealiseRequest {
  readonly drvPath: string;
  readonly outputs: readonly string[];
}

export interface WorkerStart {
  readonly request: EvaluationRequestData;
  /** Under which the answer is kept; null to keep nothing. */
  readonly resultKey: string | null;
  readonly shared: SharedArrayBuffer;
}

export type WorkerMessage =
  | { readonly type: "log"; readonly line: string }
  | { readonly type: "realise"; readonly requests: readonly RealiseRequest[] }
  /** To be written in order; nobody waits. */
  | { readonly type: "write"; readonly additions: readonly Addition[] }
  /** The worker blocks, as in `realise`, until all that it sent is written. */
  | { readonly type: "settle" }
  | { readonly type: "answer"; readonly answer: EvaluationAnswer }
  | { readonly type: "failure"; readonly error: ErrorData };

export const sharedBytes: number = 64 * 1024;
const headerBytes = 8;

const waiting = 0;
const done = 1;
const failed = 2;

/** For the side that builds. */
export function finishRealise(shared: SharedArrayBuffer, failure: string | null): void {
  const words = new Int32Array(shared, 0, 2);
  if (failure !== null) {
    const target = new Uint8Array(shared, headerBytes);
    words[1] = new TextEncoder().encodeInto(failure.slice(0, 16_000), target).written;
  }
  Atomics.store(words, 0, failure === null ? done : failed);
  Atomics.notify(words, 0);
}

/** For the side that waits: null, or why it failed. */
export function awaitRealise(shared: SharedArrayBuffer, post: () => void): string | null {
  const words = new Int32Array(shared, 0, 2);
  Atomics.store(words, 0, waiting);
  post();
  Atomics.wait(words, 0, waiting);
  if (Atomics.load(words, 0) === done) return null;
  return Buffer.from(new Uint8Array(shared, headerBytes, words[1])).toString("utf8");
}
