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
  /** Innermost first. */
  readonly frames: ErrorFrame[] = [];
  omittedFrames = 0;

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
    if (this.frames.length < maxFrames) this.frames.push({ text, pos });
    else this.omittedFrames++;
  }
}

export function typeError(expected: string, found: string, pos = 0): EvaluationError {
  return new EvaluationError("type", `value is ${found} while ${expected} was expected`, pos);
}

/** What is thrown for whatever was caught: our own errors as they are, JavaScript's stack overflow as an evaluation error. */
export function toEvaluationError(error: unknown): unknown {
  if (isStackOverflow(error)) {
    return new EvaluationError("stack-overflow", "stack overflow (possible infinite recursion)");
  }
  return error;
}

/** No regular expression here: with the stack used up, the engine refuses them with a SyntaxError, which is the second form. */
function isStackOverflow(error: unknown): boolean {
  if (error instanceof RangeError) return error.message.includes("call stack");
  return error instanceof SyntaxError && error.message.endsWith("Stack overflow");
}
