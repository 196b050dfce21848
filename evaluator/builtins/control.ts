/** Errors, traces, forcing and the environment. */
import { EvaluationError, toEvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { attrsFromObject } from "../value/attrs.ts";
import { coerceToString } from "../value/coerce.ts";
import { forceDeep } from "../value/deep.ts";
import { expectPlainText, expectText, textOf } from "../value/expect.ts";
import { printValue } from "../value/print.ts";
import { force, isString, type Lazy, type Value } from "../value/value.ts";
import { type Builtin, builtin } from "./builtin.ts";

function tryEval(lazy: Lazy): Value {
  try {
    return attrsFromObject({ success: true, value: force(lazy) });
  } catch (thrown) {
    const error = toEvaluationError(thrown);
    if (error instanceof EvaluationError && error.catchable) return attrsFromObject({ success: false, value: false });
    throw error;
  }
}

function addErrorContext(evaluation: Evaluation, context: Lazy, lazy: Lazy): Value {
  try {
    return force(lazy);
  } catch (thrown) {
    const error = toEvaluationError(thrown);
    if (error instanceof EvaluationError) {
      error.addFrame(textOf(coerceToString(evaluation, force(context), { copyPaths: false })), 0);
    }
    throw error;
  }
}

function after(first: () => unknown, second: Lazy): Value {
  first();
  return force(second);
}

export function controlBuiltins(evaluation: Evaluation): readonly Builtin[] {
  const { io, options } = evaluation;
  const message = (lazy: Lazy): string => textOf(coerceToString(evaluation, force(lazy), { copyPaths: true }));
  const traceText = (lazy: Lazy): string => {
    const value = force(lazy);
    return isString(value) ? textOf(value) : printValue(value);
  };
  return [
    builtin(
      "throw",
      "s",
      (text = null): Value => {
        throw new EvaluationError("throw", message(text));
      },
      true,
    ),
    builtin(
      "abort",
      "s",
      (text = null): Value => {
        throw new EvaluationError("abort", `evaluation aborted with the following error message: '${message(text)}'`);
      },
      true,
    ),
    builtin("tryEval", "l", (value = null) => tryEval(value)),
    builtin("seq", "sl", (first = null, second = null) => after(() => force(first), second)),
    builtin("deepSeq", "sl", (first = null, second = null) => after(() => forceDeep(first), second)),
    builtin("trace", "sl", (text = null, value = null) => after(() => io.log(`trace: ${traceText(text)}`), value)),
    builtin("traceVerbose", "ll", (text = null, value = null) => {
      if (options.verbose === true) io.log(`trace: ${traceText(text)}`);
      return force(value);
    }),
    builtin("warn", "sl", (text = null, value = null) =>
      after(() => io.log(`evaluation warning: ${expectText(text)}`), value),
    ),
    builtin("break", "s", (value = null) => force(value), true),
    builtin("addErrorContext", "ll", (text = null, value = null) => addErrorContext(evaluation, text, value)),
    builtin("getEnv", "s", (name = null) => {
      const text = expectPlainText(name);
      return options.pure === true ? "" : io.getEnv(text);
    }),
  ];
}
