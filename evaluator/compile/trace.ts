/** Adds what was being done to an error that travels up, and its place when nothing closer to the fault has given one. */
import { EvaluationError, toEvaluationError } from "../errors.ts";
import { computed, type Lazy } from "../value/value.ts";

export function traced(thrown: unknown, text: string, pos: number): unknown {
  const error = toEvaluationError(thrown);
  if (error instanceof EvaluationError) {
    if (error.pos === 0) error.pos = pos;
    error.addFrame(text, pos);
  }
  return error;
}

const ordinals = ["first", "second", "third", "fourth"];

/** {@link traced} for a call of a builtin: of an argument that has the wrong type it is told which one that is. */
export function tracedBuiltin(
  thrown: unknown,
  name: string,
  args: readonly (Lazy | undefined)[],
  pos: number,
): unknown {
  const error = toEvaluationError(thrown);
  if (error instanceof EvaluationError && error.pos === 0 && error.subject !== undefined) {
    const index = args.findIndex((arg) => arg !== undefined && computed(arg) === error.subject);
    const which = args.length === 1 ? "" : `${ordinals[index]} `;
    if (index >= 0) error.addFrame(`while evaluating the ${which}argument passed to builtins.${name}`, pos);
  }
  return traced(error, `while calling the '${name}' builtin`, pos);
}

/** The place only. */
export function placed(thrown: unknown, pos: number): unknown {
  const error = toEvaluationError(thrown);
  if (error instanceof EvaluationError && error.pos === 0) error.pos = pos;
  return error;
}
