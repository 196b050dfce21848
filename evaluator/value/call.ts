/**
 * Calling functions. Compiled call sites (`compile/application.ts`) handle the common cases themselves and come here for
 * the rest; builtins call through here.
 */
import { EvaluationError } from "../errors.ts";
import { didYouMean } from "../text/edit-distance.ts";
import { Attrs } from "./attrs.ts";
import { type LambdaCode, LambdaValue, PartialCall, Primop } from "./callable.ts";
import { blankFrame, Frame1, Frame2, Frame4, frameOfSlots, setSlot } from "./frame.ts";
import type { Shape } from "./shape.ts";
import { describeValue } from "./short.ts";
import { Code, computed, type Env, force, type Lazy, Thunk, type Value } from "./value.ts";

export function call1(callee: Value, arg: Lazy): Value {
  if (callee instanceof LambdaValue) {
    const { code } = callee;
    if (code.formals !== null) return code.body.run(bindFormals(callee, arg));
    if (code.arity === 1) return code.body.run(new Frame1(callee.env, arg));
    return new PartialCall(callee, 1, arg);
  }
  if (callee instanceof Primop) return callee.arity === 1 ? callee.run(arg) : new PartialCall(callee, 1, arg);
  if (callee instanceof PartialCall) {
    const { count } = callee;
    if (count + 1 === callee.arity) return completeWithOne(callee, arg);
    if (count === 1) return new PartialCall(callee.callee, 2, callee.first, arg);
    return new PartialCall(callee.callee, count + 1, callee.first, callee.second, [...callee.others, arg]);
  }
  return call1(functorOf(callee), arg);
}

export function call2(callee: Value, first: Lazy, second: Lazy): Value {
  if (callee instanceof LambdaValue && callee.code.arity === 2) {
    return callee.code.body.run(new Frame2(callee.env, first, second));
  }
  if (callee instanceof Primop && callee.arity === 2) return callee.run(first, second);
  if (callee instanceof PartialCall && callee.count + 2 === callee.arity) return completeWithTwo(callee, first, second);
  return call1(call1(callee, first), second);
}

/** The last argument of a function that has had the others. The usual sizes are spelled out: spreading costs several times as much. */
function completeWithOne(partial: PartialCall, arg: Lazy): Value {
  const { callee, count, first, second, others } = partial;
  if (callee instanceof LambdaValue) return callee.code.body.run(frameOf(callee, partial, arg));
  if (count === 1) return callee.run(first, arg);
  if (count === 2) return callee.run(first, second, arg);
  return callee.run(first, second, ...others, arg);
}

function frameOf({ env }: LambdaValue, { count, first, second, others }: PartialCall, arg: Lazy): Env {
  if (count === 1) return new Frame2(env, first, arg);
  if (count === 2) return new Frame4(env, first, second, arg, undefined);
  if (count === 3) return new Frame4(env, first, second, others[0], arg);
  return frameOfSlots(env, [first, second, ...others, arg]);
}

/** The last two arguments. */
function completeWithTwo(partial: PartialCall, arg: Lazy, last: Lazy): Value {
  const { callee, count, first, second, others } = partial;
  if (callee instanceof LambdaValue) {
    const { body } = callee.code;
    if (count === 1) return body.run(new Frame4(callee.env, first, arg, last, undefined));
    if (count === 2) return body.run(new Frame4(callee.env, first, second, arg, last));
    return body.run(frameOfSlots(callee.env, [first, second, ...others, arg, last]));
  }
  return count === 1 ? callee.run(first, arg, last) : callee.run(first, second, ...others, arg, last);
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
  else if (callee instanceof PartialCall) wanted = callee.arity - callee.count;
  return wanted <= available ? wanted : 1;
}

/** A call of a function that takes more than one argument with all of those. */
function runSaturated(callee: Value, args: readonly Lazy[]): Value {
  if (callee instanceof PartialCall) return runComplete(callee.callee, [...callee.args, ...args]);
  if (callee instanceof Primop || callee instanceof LambdaValue) return runComplete(callee, args);
  throw new Error("Only functions take several arguments at once");
}

function runComplete(callee: LambdaValue | Primop, args: readonly Lazy[]): Value {
  return callee instanceof Primop ? callee.run(...args) : callee.code.body.run(frameOfSlots(callee.env, args));
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

const applyCode: Code = new Code((env: Env) => {
  try {
    return call1(force(env.a as Lazy), (env as Frame2).b as Lazy);
  } catch (error) {
    throw withoutPlace(error, env.a as Lazy);
  }
});
const applyTwoCode: Code = new Code((env: Env) => {
  try {
    return call2(force(env.a as Lazy), (env as Frame2).b as Lazy, (env as Frame4).c as Lazy);
  } catch (error) {
    throw withoutPlace(error, env.a as Lazy);
  }
});

/** Such a call stands nowhere in a file; so that an error of a builtin tells at least which one that was. */
function withoutPlace(error: unknown, callee: Lazy): unknown {
  const f = computed(callee);
  const primop = f instanceof PartialCall ? f.callee : f;
  if (error instanceof EvaluationError && error.pos === 0 && primop instanceof Primop) {
    error.addFrame(`while calling the '${primop.name}' builtin`, 0);
  }
  return error;
}

/** `callee arg`, later. What will be run is the body of a function that is there already, if it takes nothing else. */
export function delayCall(callee: Lazy, arg: Lazy): Thunk {
  const f = computed(callee);
  if (f instanceof LambdaValue) {
    if (f.code.arity === 1 && f.code.formals === null) return new Thunk(f.code.body, new Frame1(f.env, arg));
  } else if (f instanceof PartialCall && f.callee instanceof LambdaValue && f.count + 1 === f.callee.code.arity) {
    return new Thunk(f.callee.code.body, frameOf(f.callee, f, arg));
  }
  return new Thunk(applyCode, new Frame2(null, callee, arg));
}

export function delayCall2(callee: Lazy, first: Lazy, second: Lazy): Thunk {
  const f = computed(callee);
  if (f instanceof LambdaValue && f.code.arity === 2) return new Thunk(f.code.body, new Frame2(f.env, first, second));
  return new Thunk(applyTwoCode, new Frame4(null, callee, first, second, undefined));
}

/** The frame of a call of a lambda with a pattern. */
export function bindFormals(callee: LambdaValue, arg: Lazy): Env {
  const { code } = callee;
  const attrs = force(arg);
  if (!(attrs instanceof Attrs)) {
    throw new EvaluationError("type", `expected a set but found ${describeValue(attrs)}`);
  }
  const plan = code.planShape === attrs.shape ? (code.plan as Int32Array) : makePlan(code, attrs.shape);
  const env = blankFrame(callee.env, code.slotCount);
  const first = code.hasAlias ? 2 : 1;
  if (code.hasAlias) env.a = attrs;
  const { values } = attrs;
  let missing = false;
  for (let index = 0; index < plan.length; index++) {
    const source = plan[index] as number;
    if (source < 0) missing = true;
    else setSlot(env, first + index, values[source] as Lazy);
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
    if (fallback) setSlot(env, first + index, fallback(env));
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
