/**
 * Calling functions. Compiled call sites (`compile/application.ts`) handle the common cases themselves and come here for
 * the rest; builtins call through here.
 */
import { EvaluationError } from "../errors.ts";
import { didYouMean } from "../text/edit-distance.ts";
import { Attrs } from "./attrs.ts";
import { type LambdaCode, LambdaValue, PartialCall, Primop } from "./callable.ts";
import type { Shape } from "./shape.ts";
import { describeType } from "./type-name.ts";
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
  return call1(call1(callee, first), second);
}

export function callAll(callee: Value, args: readonly Lazy[]): Value {
  let result = callee;
  for (let index = 0; index < args.length; ) {
    const taken = saturate(result, args, index);
    if (taken === 0) {
      result = call1(result, args[index] as Lazy);
      index++;
    } else {
      result = runSaturated(result, args.slice(index, index + taken));
      index += taken;
    }
  }
  return result;
}

/** How many of the arguments from `index` on a function that takes several at once would take; 0 when too few are left. */
function saturate(callee: Value, args: readonly Lazy[], index: number): number {
  if (callee instanceof LambdaValue) {
    const { arity, formals } = callee.code;
    return formals === null && arity > 1 && index + arity <= args.length ? arity : 0;
  }
  if (callee instanceof Primop) return index + callee.arity <= args.length ? callee.arity : 0;
  return 0;
}

function runSaturated(callee: Value, args: readonly Lazy[]): Value {
  if (callee instanceof Primop) return callee.run(...args);
  if (callee instanceof LambdaValue) return callee.code.body.run([callee.env, ...args]);
  throw new Error("Only lambdas and builtins take several arguments at once");
}

function continueCall(partial: PartialCall, arg: Lazy): Value {
  const { callee } = partial;
  const args = [...partial.args, arg];
  if (args.length < partial.arity) return new PartialCall(callee, args);
  return callee instanceof Primop ? callee.run(...args) : callee.code.body.run([callee.env, ...args]);
}

/** `set.__functor set`, for a set that is called. */
function functorOf(callee: Value): Value {
  const functor = callee instanceof Attrs ? callee.force("__functor") : undefined;
  if (functor === undefined) {
    throw new EvaluationError("type", `attempt to call something which is not a function but ${describeType(callee)}`);
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
    throw new EvaluationError("type", `value is ${describeType(attrs)} while a set was expected`);
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
