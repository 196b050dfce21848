/**
 * Evaluation errors as data. An {@link EvaluationError} is thrown, but is no JavaScript `Error`: nothing captures a stack (that
 * would cost more than most of what `tryEval` guards), and it collects its own trace of Nix frames while it travels up.
 * Positions are numbers of `syntax/source-file.ts`; `format-error.ts` makes text of them.
 */

export type ErrorKind =
  | "syntax"
  | "undefined-variable"
  | "missing-attribute"
  | "type"
  | "assertion"
  | "throw"
  | "abort"
  | "infinite-recursion"
  | "stack-overflow"
  | "missing-builtin"
  | "too-large"
  | "interrupted"
  | "io"
  | "other";

export interface ErrorFrame {
  readonly text: string;
  readonly pos: number;
}

/** Beyond this many frames only the count is kept: a trace of a deep recursion helps nobody. */
const maxFrames = 200;

export class EvaluationError {
  readonly kind: ErrorKind;
  readonly message: string;
  pos: number;
  readonly hint: string | undefined;
  /** The value that has the wrong type; what was to take it may say which of its arguments that is. */
  subject: unknown;
  /** Innermost first. */
  readonly frames: ErrorFrame[] = [];
  omittedFrames = 0;
  /** What an infinite recursion was first seen to need, until the trace has come round to it. */
  cycle: object | null = null;
  /** How many of the frames are one turn of an infinite recursion. */
  cycleFrames = 0;

  constructor(kind: ErrorKind, message: string, pos = 0, hint?: string) {
    this.kind = kind;
    this.message = message;
    this.pos = pos;
    this.hint = hint;
  }

  /** What `tryEval` turns into `false`. */
  get catchable(): boolean {
    return this.kind === "assertion" || this.kind === "throw";
  }

  addFrame(text: string, pos: number): void {
    // Without a place: a person wrote it for whoever reads the error (`addErrorContext`).
    const limit = pos === 0 ? 2 * maxFrames : maxFrames;
    if (this.frames.length < limit) this.frames.push({ text, pos });
    else this.omittedFrames++;
  }
}

export function typeError(expected: string, found: string, pos = 0): EvaluationError {
  return new EvaluationError("type", `expected ${expected} but found ${found}`, pos);
}

export function stackOverflow(): EvaluationError {
  return new EvaluationError("stack-overflow", "stack overflow (possible infinite recursion)");
}

/** What is thrown for whatever was caught: our own errors as they are, limits of JavaScript's engine as evaluation errors. */
export function toEvaluationError(error: unknown): unknown {
  if (error instanceof EvaluationError) return error;
  if (isStackOverflow(error)) return stackOverflow();
  if (error instanceof RangeError || (error instanceof Error && "code" in error)) {
    const limit = limits.find(([text]) => error.message.includes(text))?.[1];
    if (limit !== undefined) return new EvaluationError("too-large", limit);
  }
  return error;
}

/** No regular expression here: with the stack used up, the engine refuses them with a SyntaxError, which is the second form. */
function isStackOverflow(error: unknown): boolean {
  if (error instanceof RangeError) return error.message.includes("call stack");
  return error instanceof SyntaxError && error.message.endsWith("Stack overflow");
}

/** What the engine says when one value gets larger than it can hold, and what we say. */
const limits: readonly (readonly [string, string])[] = [
  ["Invalid string length", "out of memory: a string would be longer than 512 MiB"],
  ["Cannot create a string longer", "out of memory: a string would be longer than 512 MiB"],
  ["Invalid array length", "out of memory: a list would have too many elements"],
  ["Set maximum size exceeded", "out of memory: more than 16 million sets and lists at once"],
  ["Map maximum size exceeded", "out of memory: a set would have more than 16 million attributes"],
  ["Array buffer allocation failed", "out of memory: a text is too long"],
];
