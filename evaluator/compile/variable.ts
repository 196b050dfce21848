/** Variables and `with`. A slot that turns out to hold a finished thunk is overwritten by the thunk's value. */
import { EvaluationError } from "../errors.ts";
import type { Variable, With } from "../syntax/ast.ts";
import { didYouMean } from "../text/edit-distance.ts";
import { Attrs } from "../value/attrs.ts";
import { Frame1, type Frame2, forceSlot, frameAt, getSlot, readFrame } from "../value/frame.ts";
import { describeValue } from "../value/short.ts";
import { type Code, type Env, FunctionValue, force, type Lazy, type Run, Thunk, type Value } from "../value/value.ts";
import type { Compiler, Delay } from "./compiler.ts";
import { NameLookup } from "./name-lookup.ts";

export function compileVariable(compiler: Compiler, variable: Variable): Run {
  const { binding } = variable;
  if (binding === null) throw new Error("The variable was not resolved");
  if (binding.type === "slot") return readSlot(binding.depth, binding.slot);
  if (binding.type === "global") return readGlobal(compiler.evaluation.globals.get(binding.name) as Lazy);
  return compileWithLookup(variable, binding.depths);
}

function readGlobal(value: Lazy): Run {
  return () => force(value);
}

/** Spelled out for the places nearly all variables are in: each closure then knows its field. */
function readSlot(depth: number, slot: number): Run {
  switch (depth) {
    case 0:
      return readOwn(slot);
    case 1:
      return readEnclosing(slot);
    case 2:
      return (env) => readFrame((env.up as Env).up as Env, slot);
    case 3:
      return (env) => readFrame(((env.up as Env).up as Env).up as Env, slot);
    default:
      return (env) => readFrame(frameAt(env, depth), slot);
  }
}

function readOwn(slot: number): Run {
  switch (slot) {
    case 1:
      return (env) => {
        const value = env.a as Lazy;
        return value instanceof Thunk ? forceSlot(env, 1, value) : value;
      };
    case 2:
      return (env) => {
        const value = (env as Frame2).b as Lazy;
        return value instanceof Thunk ? forceSlot(env, 2, value) : value;
      };
    default:
      return (env) => readFrame(env, slot);
  }
}

function readEnclosing(slot: number): Run {
  switch (slot) {
    case 1:
      return (env) => {
        const frame = env.up as Env;
        const value = frame.a as Lazy;
        return value instanceof Thunk ? forceSlot(frame, 1, value) : value;
      };
    case 2:
      return (env) => {
        const frame = env.up as Frame2;
        const value = frame.b as Lazy;
        return value instanceof Thunk ? forceSlot(frame, 2, value) : value;
      };
    default:
      return (env) => readFrame(env.up as Env, slot);
  }
}

export function delayVariable(compiler: Compiler, variable: Variable, known?: Code): Delay {
  const { binding } = variable;
  const code = known ?? compiler.code(variable);
  if (binding?.type !== "slot") return compiler.thunk(variable, code);
  const { depth, slot } = binding;
  // A slot of a frame under construction is still empty; only then is a thunk needed.
  const read = (env: Env, frame: Env): Lazy => {
    const value = getSlot(frame, slot);
    return value === undefined ? new Thunk(code, env) : finished(value);
  };
  switch (depth) {
    case 0:
      return (env) => read(env, env);
    case 1:
      return (env) => read(env, env.up as Env);
    case 2:
      return (env) => read(env, (env.up as Env).up as Env);
    default:
      return (env) => read(env, frameAt(env, depth));
  }
}

/** A thunk that is done is as good as its value, unless that is a function (see {@link forceElement}). */
export function finished(value: Lazy): Lazy {
  if (!(value instanceof Thunk) || value.code !== null) return value;
  return value.slot instanceof FunctionValue ? value : (value.slot as Value);
}

export function compileWith(compiler: Compiler, expr: With): Run {
  const scope = compiler.delay(expr.scope);
  const body = compiler.compile(expr.body);
  return (env) => body(new Frame1(env, scope(env)));
}

interface WithLookup {
  readonly depth: number;
  readonly lookup: NameLookup;
}

function compileWithLookup(variable: Variable, depths: readonly number[]): Run {
  const { name, pos } = variable;
  const lookups = depths.map((depth) => ({ depth, lookup: new NameLookup(name) }));
  const [only] = lookups;
  if (only !== undefined && lookups.length === 1) {
    const { depth, lookup } = only;
    return (env) => {
      const attrs = withScope(frameAt(env, depth), pos);
      const index = lookup.in(attrs.shape);
      if (index < 0) throw undefinedVariable(variable, [attrs]);
      return attrs.forceAt(index);
    };
  }
  return (env) => {
    let frame = env;
    let at = 0;
    for (let scope = 0; scope < lookups.length; scope++) {
      const { depth, lookup } = lookups[scope] as WithLookup;
      for (; at < depth; at++) frame = frame.up as Env;
      const attrs = frame.a instanceof Attrs ? frame.a : withScope(frame, pos);
      const index = lookup.in(attrs.shape);
      if (index >= 0) return attrs.forceAt(index);
    }
    const scopes = depths.map((depth) => withScope(frameAt(env, depth), pos));
    throw undefinedVariable(variable, scopes);
  };
}

function undefinedVariable({ name, pos }: Variable, scopes: readonly Attrs[]): EvaluationError {
  const visible = scopes.flatMap(({ keys }) => keys);
  return new EvaluationError("undefined-variable", `undefined variable '${name}'`, pos, didYouMean(name, visible));
}

function withScope(frame: Env, pos: number): Attrs {
  const scope = readFrame(frame, 1);
  if (scope instanceof Attrs) return scope;
  throw new EvaluationError("type", `expected a set but found ${describeValue(scope)}`, pos);
}
