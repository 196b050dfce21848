/** What a session can be asked, and the messages that carry it. Text is ordinary text on this side of the border. */
import type {
  ErrorData,
  EvaluatedDerivation,
  EvaluationAnswer,
  EvaluationRequestData,
  EvaluationSource,
  OutputMode,
} from "../request.ts";
import type { RealiseRequest } from "./protocol.ts";

/** How much of a value is shown: its members but not theirs, or all. */
export type ShowDepth = "shallow" | "deep";

/** What became of a line: a value as text, or variables that are now defined. */
export type LineResult =
  | { readonly type: "value"; readonly text: string }
  | { readonly type: "defined"; readonly names: readonly string[] }
  | { readonly type: "nothing" };

export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Documentation as Markdown: of a builtin, or of a function that has a `/** .. *\/` comment. */
export interface Documentation {
  /** `builtins.map f list`, or the name a function was bound to with its parameters. */
  readonly signature: string;
  readonly text: string;
  readonly place: SourcePlace | null;
}

export interface Completion {
  /** The end of the line that a candidate replaces. */
  readonly fragment: string;
  readonly candidates: readonly string[];
}

/** One argument each, so that a call is a message. */
export interface SessionOperations {
  answer(what: {
    readonly source: EvaluationSource;
    readonly attributePath: string;
    readonly output: OutputMode;
  }): EvaluationAnswer;
  line(what: {
    readonly text: string;
    readonly depth: ShowDepth;
    readonly width: number;
    readonly color: boolean;
  }): LineResult;
  typeOf(text: string): string;
  documentation(text: string): Documentation;
  place(text: string): SourcePlace;
  derivations(text: string): readonly EvaluatedDerivation[];
  /** Adds the attributes of a set to the variables. */
  addAttributes(text: string): readonly string[];
  /** The same for the set in a file; functions are called with the session's arguments. */
  load(path: string): readonly string[];
  complete(line: string): Completion;
  /** Whether errors have their whole trace from now on; null for the opposite of what was. Gives what holds now. */
  showTrace(wanted: boolean | null): boolean;
}

export type SessionOperation = keyof SessionOperations;

export interface SessionCall {
  readonly id: number;
  readonly operation: SessionOperation;
  readonly argument: unknown;
}

export interface SessionStart {
  readonly request: EvaluationRequestData;
  readonly shared: SharedArrayBuffer;
  /** Word 0 is not 0 while what runs shall end. */
  readonly interrupt: SharedArrayBuffer;
}

/** `incomplete`: the text ended too early and may be gone on with. */
export interface SessionErrorData extends ErrorData {
  readonly incomplete?: boolean;
}

export type SessionMessage =
  | { readonly type: "log"; readonly line: string }
  | { readonly type: "realise"; readonly requests: readonly RealiseRequest[] }
  | { readonly type: "result"; readonly id: number; readonly result: unknown }
  | { readonly type: "failure"; readonly id: number; readonly error: SessionErrorData };
