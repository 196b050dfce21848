/**
 * The one error shape that crosses borders between the parts of Firn, a process or a worker: data with a constant code.
 * Classes do not survive a wire, so readers compare `code`, never `instanceof`.
 */

/** What an {@link AppError} is made from. */
export interface AppErrorOptions {
  /** What the user can do about it; one line, shown under the message. */
  readonly hint?: string;
  /** The original error; always passed on when there is one. */
  readonly cause?: unknown;
  /** Longer material such as the tail of a log, printed below the message. */
  readonly details?: string;
  /** The documented exit code of a command that ends with this error; 1 unless told. */
  readonly exitCode?: number;
}

/** An error that its user can understand: message, constant code, hint. Shown without a stack. */
export class AppError extends Error {
  override readonly name: string = "AppError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: string | undefined;
  readonly exitCode: number;

  /**
   * @param code constant in upper case, its part first: `STORE_HASH_MISMATCH`, `DRIVER_TIMEOUT`
   * @param message capital first, no full stop at the end, action first, values quoted
   */
  constructor(code: string, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
    this.exitCode = options.exitCode ?? 1;
  }
}

/** True for anything shaped as an {@link AppError}, whichever side of a wire made it. */
export function isAppError(error: unknown): error is AppError {
  return (
    error instanceof Error &&
    typeof (error as { code?: unknown }).code === "string" &&
    "hint" in error &&
    "exitCode" in error
  );
}
