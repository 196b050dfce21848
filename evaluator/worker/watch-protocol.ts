/** Messages of a watched evaluation: any message to the thread asks for a round. */
import type { ReadLog } from "../glue/results/read-log.ts";
import type { ErrorData, EvaluationAnswer, EvaluationRequestData } from "../request.ts";
import type { WorkerMessage } from "./protocol.ts";

export interface WatchStart {
  readonly request: EvaluationRequestData;
  readonly shared: SharedArrayBuffer;
}

export interface Round {
  readonly answer: EvaluationAnswer | null;
  readonly error: ErrorData | null;
  readonly reads: readonly ReadLog[];
  /** False when a file was read so shortly after a change that another one might not have shown. */
  readonly isCertain: boolean;
}

export type WatchMessage =
  | Extract<WorkerMessage, { type: "log" | "write" | "settle" | "realise" }>
  | { readonly type: "round"; readonly round: Round };
