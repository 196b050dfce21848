/**
 * Evaluating a tree of attributes in several processes: what the pool asks a process, and what it answers. Each process has
 * a thread with the stack that evaluating needs; the process itself writes to the store and watches the thread's memory.
 */
import type { ErrorData, EvaluationRequestData } from "../request.ts";
import type { RealiseRequest, WorkerMessage } from "./protocol.ts";

export interface TreeRequest {
  readonly request: EvaluationRequestData;
  /** Into every set, not only where `recurseForDerivations` says so. */
  readonly forceRecurse: boolean;
  readonly meta: boolean;
  readonly capMib: number;
}

/** A derivation that was found in a tree. */
export interface AttributeDerivation {
  readonly name: string;
  readonly system: string;
  readonly drvPath: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Derivation -> outputs that are used; null when nothing was written. */
  readonly inputDrvs: Readonly<Record<string, readonly string[]>> | null;
  readonly requiredSystemFeatures: readonly string[];
  /** Of an aggregate: derivations, and names of jobs. */
  readonly constituents: { readonly drvPaths: readonly string[]; readonly names: readonly string[] } | null;
  /** Absent unless asked for. */
  readonly meta?: unknown;
}

export type AttributeAnswer =
  /** A set whose members are to be looked at. */
  | { readonly type: "attributes"; readonly names: readonly string[] }
  | { readonly type: "derivation"; readonly derivation: AttributeDerivation }
  /** Neither a derivation nor a set to look into. */
  | { readonly type: "nothing" }
  | { readonly type: "failure"; readonly error: ErrorData };

export type ThreadMessage =
  | Extract<WorkerMessage, { type: "log" | "write" | "settle" | "realise" }>
  | { readonly type: "attribute"; readonly answer: AttributeAnswer };

export interface ThreadStart {
  readonly tree: TreeRequest;
  readonly shared: SharedArrayBuffer;
}

export type ProcessMessage =
  | { readonly type: "log"; readonly line: string }
  | { readonly type: "realise"; readonly requests: readonly RealiseRequest[] }
  | { readonly type: "attribute"; readonly answer: AttributeAnswer }
  /** The attribute that is evaluated takes more memory than there may be; the process is of no more use. */
  | { readonly type: "exhausted" }
  /** Something else than the evaluation went wrong (the store cannot be written..). */
  | { readonly type: "broken"; readonly error: ErrorData };

export type PoolMessage =
  | { readonly type: "start"; readonly tree: TreeRequest }
  | { readonly type: "evaluate"; readonly path: readonly string[] }
  | { readonly type: "realised"; readonly failure: string | null };
