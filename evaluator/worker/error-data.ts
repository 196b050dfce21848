import { fromByteString } from "#store/std/byte-string.ts";
import type { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { errorCode, formatErrorDetails } from "../format-error.ts";
import type { ErrorData } from "../request.ts";

/** An evaluation error as plain data: code, message, hint, and place, code and trace as text. */
export function errorDataOf(error: EvaluationError, evaluation: Evaluation, showTrace: boolean): ErrorData {
  const details = formatErrorDetails(error, evaluation.sources, showTrace);
  return {
    code: errorCode(error),
    message: fromByteString(error.message),
    ...(error.hint === undefined ? {} : { hint: fromByteString(error.hint) }),
    ...(details === "" ? {} : { details: fromByteString(details) }),
  };
}
