/** Adds what was being done to an error that travels up, and its place when nothing closer to the fault has given one. */
import { EvaluationError, toEvaluationError } from "../errors.ts";

export function traced(thrown: unknown, text: string, pos: number): unknown {
  const error = toEvaluationError(thrown);
  if (error instanceof EvaluationError) {
    if (error.pos === 0) error.pos = pos;
    error.addFrame(text, pos);
  }
  return error;
}

/** The place only. */
export function placed(thrown: unknown, pos: number): unknown {
  const error = toEvaluationError(thrown);
  if (error instanceof EvaluationError && error.pos === 0) error.pos = pos;
  return error;
}
