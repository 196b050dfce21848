/**
 * Calling functions. Compiled call sites (`compile/application.ts`) handle the common cases themselves and come here for
 * the rest; builtins call through here.
 */
import { EvaluationError } from "../errors.ts";
import { didYouMean } from "../text/edit-distance.ts";
import { Attrs } from "./attrs.ts";
import { type LambdaCode, LambdaValue, PartialCall, Primop } from "./callable.ts";
import type { Shape } from "./shape.ts";
import { describeValue } from "./short.ts";
import { Code, type Env, force, type Lazy, Thunk, type Value } from "./value.ts";

export function call1(callee: Value, arg: Lazy): Value {
  if (callee instanceof LambdaValue) {
    const { code } = callee;
    if (code.formals !== null) return code.body.run(bindFormals(callee, arg));
    if (code.arity === 1) return code.body.run([callee.env, arg]);
    return new PartialCall(callee, [arg]);
  }
  if (callee instanceof Primop) return callee.arity === 1 ? callee.run(arg) : new PartialCall(callee, [arg]);
  if (callee instanceof PartialCall) return continueCall(callee, arg);
  return call1(functorOf(callee), arg);
}

export function call2(callee: Value, first: Lazy, second: Lazy): Value {
  if (callee instanceof LambdaValue && callee.code.arity === 2) {
    return callee.code.body.run([callee.env, first, second]);
  }
  if (callee instanceof Primop && callee.arity === 2) return callee.run(first, second);
  if (callee instanceof PartialCall && callee.args.length + 2 === callee.arity) {
    return completeCall(callee, first, second);
  }
  return call1(call1(callee, first), second);
}

/** The last two arguments of a function that has had the others. */
function completeCall({ callee, args }: PartialCall, first: Lazy, second: Lazy): Value {
  const [a, b, c] = args as [Lazy, Lazy, Lazy];
  if (callee instanceof LambdaValue) {
    const { body } = callee.code;
    if (args.length === 1) return body.run([callee.env, a, first, second]);
    if (args.length === 2) return body.run([callee.env, a, b, first, second]);
    if (args.length === 3) return body.run([callee.env, a, b, c, first, second]);
  }
  return args.length === 1 && callee instanceof Primop
    ? callee.run(a, first, second)
    : runComplete(callee, [...args, first, second]);
}

export function callAll(callee: Value, args: readonly Lazy[]): Value {
  let result = callee;
  for (let index = 0; index < args.length; ) {
    const taken = takenAtOnce(result, args.length - index);
    result =
      taken === 1
        ? call1(result, args[index] as Lazy)
        : runSaturated(result, taken === args.length ? args : args.slice(index, index + taken));
    index += taken;
  }
  return result;
}

/** How many of the next arguments a function takes in one step. */
function takenAtOnce(callee: Value, available: number): number {
  let wanted = 1;
  if (callee instanceof LambdaValue) wanted = callee.code.arity;
  else if (callee instanceof Primop) wanted = callee.arity;
  else if (callee instanceof PartialCall) wanted = callee.arity - callee.args.length;
  return wanted <= available ? wanted : 1;
}

/** A call of a function that takes more than one argument with all of those. */
function runSaturated(callee: Value, args: readonly Lazy[]): Value {
  if (callee instanceof PartialCall) return runComplete(callee.callee, [...callee.args, ...args]);
  if (callee instanceof Primop || callee instanceof LambdaValue) return runComplete(callee, args);
  throw new Error("Only functions take several arguments at once");
}

function runComplete(callee: LambdaValue | Primop, args: readonly Lazy[]): Value {
  return callee instanceof Primop ? callee.run(...args) : callee.code.body.run([callee.env, ...args]);
}

/** One more argument. The usual sizes are spelled out: spreading costs several times as much. */
function continueCall(partial: PartialCall, arg: Lazy): Value {
  const { callee, args } = partial;
  const count = args.length + 1;
  const [first, second, third] = args as [Lazy, Lazy, Lazy];
  if (count === partial.arity) {
    if (callee instanceof LambdaValue) {
      const { body } = callee.code;
      if (count === 2) return body.run([callee.env, first, arg]);
      if (count === 3) return body.run([callee.env, first, second, arg]);
      if (count === 4) return body.run([callee.env, first, second, third, arg]);
    } else if (count === 2) return callee.run(first, arg);
    else if (count === 3) return callee.run(first, second, arg);
    return runComplete(callee, [...args, arg]);
  }
  if (count === 2) return new PartialCall(callee, [first, arg]);
  if (count === 3) return new PartialCall(callee, [first, second, arg]);
  return new PartialCall(callee, [...args, arg]);
}

/** `set.__functor set`, for a set that is called. */
function functorOf(callee: Value): Value {
  const functor = callee instanceof Attrs ? callee.force("__functor") : undefined;
  if (functor === undefined) {
    throw new EvaluationError(
      "type",
      `attempt to call something which is not a function but ${describeValue(callee)}`,
      0,
      "Two expressions side by side are a call: is an operator, a ';' or a '.' missing between them?",
    );
  }
  return call1(functor, callee);
}

const applyCode: Code = new Code((env: Env) => call1(force(env[0] as Lazy), env[1] as Lazy));
const applyTwoCode: Code = new Code((env: Env) => call2(force(env[0] as Lazy), env[1] as Lazy, env[2] as Lazy));

/** `callee arg`, later. */
export function delayCall(callee: Lazy, arg: Lazy): Thunk {
  return new Thunk(applyCode, [callee, arg]);
}

export function delayCall2(callee: Lazy, first: Lazy, second: Lazy): Thunk {
  return new Thunk(applyTwoCode, [callee, first, second]);
}

/** The frame of a call of a lambda with a pattern. */
export function bindFormals(callee: LambdaValue, arg: Lazy): Env {
  const { code } = callee;
  const attrs = force(arg);
  if (!(attrs instanceof Attrs)) {
    throw new EvaluationError("type", `expected a set but found ${describeValue(attrs)}`);
  }
  const plan = code.planShape === attrs.shape ? (code.plan as Int32Array) : makePlan(code, attrs.shape);
  const env = code.template.slice();
  env[0] = callee.env;
  const first = code.hasAlias ? 2 : 1;
  if (code.hasAlias) env[1] = attrs;
  const { values } = attrs;
  let missing = false;
  for (let index = 0; index < plan.length; index++) {
    const source = plan[index] as number;
    if (source < 0) missing = true;
    else env[first + index] = values[source] as Lazy;
  }
  if (missing) bindDefaults(code, plan, env, first);
  return env;
}

function bindDefaults(code: LambdaCode, plan: Int32Array, env: Env, first: number): void {
  const { formals } = code;
  if (formals === null) return;
  for (let index = 0; index < plan.length; index++) {
    if ((plan[index] as number) >= 0) continue;
    const fallback = formals[index]?.fallback;
    if (fallback) env[first + index] = fallback(env);
  }
}

function makePlan(code: LambdaCode, shape: Shape): Int32Array {
  const formals = code.formals ?? [];
  const plan = new Int32Array(formals.length);
  let matched = 0;
  for (let index = 0; index < formals.length; index++) {
    const formal = formals[index];
    if (formal === undefined) continue;
    const source = shape.indexOf(formal.name);
    if (source >= 0) matched++;
    else if (formal.fallback === null) throw missingArgument(code, formal.name);
    plan[index] = source;
  }
  if (!code.ellipsis && matched !== shape.keys.length) throw unexpectedArgument(code, shape);
  code.planShape = shape;
  code.plan = plan;
  return plan;
}

export function functionName(code: LambdaCode): string {
  return code.name === null ? "anonymous lambda" : `'${code.name}'`;
}

function missingArgument(code: LambdaCode, name: string): EvaluationError {
  const function_ = code.name === null ? "anonymous lambda" : code.name;
  const error = new EvaluationError("type", `function '${function_}' called without required argument '${name}'`);
  error.addFrame(`the function is defined here`, code.pos);
  return error;
}

function unexpectedArgument(code: LambdaCode, shape: Shape): EvaluationError {
  const known = (code.formals ?? []).map((formal) => formal.name);
  const name = shape.keys.find((key) => !known.includes(key)) ?? "";
  const function_ = code.name === null ? "anonymous lambda" : code.name;
  const error = new EvaluationError(
    "type",
    `function '${function_}' called with unexpected argument '${name}'`,
    0,
    didYouMean(name, known),
  );
  error.addFrame(`the function is defined here`, code.pos);
  return error;
}
