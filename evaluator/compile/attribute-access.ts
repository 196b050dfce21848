/**
 * `a.b.c`, `a.b or c` and `a ? b.c`. A select of a name known now remembers the last shape it saw and the index there.
 */
import { EvaluationError, typeError } from "../errors.ts";
import type { HasAttribute, PathStep, Select, SlotBinding } from "../syntax/ast.ts";
import { didYouMean } from "../text/edit-distance.ts";
import { Attrs } from "../value/attrs.ts";
import { expectPlainText } from "../value/expect.ts";
import { frameAt, getSlot, readVariable } from "../value/frame.ts";
import type { Shape } from "../value/shape.ts";
import { describeValue } from "../value/short.ts";
import {
  type Code,
  type Env,
  FunctionValue,
  force,
  forceElement,
  type Lazy,
  type Run,
  Thunk,
  type Value,
} from "../value/value.ts";
import type { Compiler, Delay } from "./compiler.ts";
import { NameLookup } from "./name-lookup.ts";
import { traced } from "./trace.ts";

export function compileSelect(compiler: Compiler, expr: Select): Run {
  const builtin = builtinMember(compiler, expr);
  if (builtin !== undefined) return () => force(builtin);
  if (expr.fallback === null && selectsBuiltin(expr)) return missingBuiltin(compiler, expr);
  const from = compiler.compile(expr.from);
  if (expr.fallback !== null) {
    const fallback = compiler.compile(expr.fallback);
    const [name] = expr.path;
    if (expr.path.length === 1 && typeof name === "string") return selectNameOr(from, name, fallback);
    return selectOr(from, stepsOf(compiler, expr.path), fallback, expr.pos);
  }
  if (expr.path.every((step) => typeof step === "string")) return selectNames(expr, expr.path, from);
  return selectDynamic(from, stepsOf(compiler, expr.path), expr.pos);
}

/** `builtins.x`, when `builtins` is the global. */
export function builtinMember(compiler: Compiler, expr: Select): Lazy | undefined {
  const [name] = expr.path;
  if (expr.path.length !== 1 || typeof name !== "string" || !selectsBuiltin(expr)) return undefined;
  return compiler.evaluation.builtins.get(name);
}

function selectsBuiltin({ from, path }: Select): boolean {
  const isBuiltins = from.kind === "variable" && from.binding?.type === "global" && from.name === "builtins";
  return isBuiltins && path.length === 1 && typeof path[0] === "string";
}

function missingBuiltin(compiler: Compiler, { path, pos }: Select): Run {
  const name = String(path[0]);
  return () => {
    const hint = didYouMean(name, compiler.evaluation.builtins.keys);
    throw new EvaluationError("missing-builtin", `there is no builtin '${name}'`, pos, hint);
  };
}

function selectNames({ from, pos }: Select, path: readonly string[], run: Run): Run {
  const [first, ...others] = path;
  if (first !== undefined && from.kind === "variable" && from.binding?.type === "slot") {
    return others.reduce((inner, name) => selectName(inner, name, pos), selectOfSlot(from.binding, first, pos));
  }
  return path.reduce((inner, name) => selectName(inner, name, pos), run);
}

/** As {@link selectName} of a variable, in one step. */
function selectOfSlot({ depth, slot }: SlotBinding, name: string, pos: number): Run {
  let knownShape: Shape | null = null;
  let knownIndex = 0;
  return (env) => {
    const set = readVariable(env, depth, slot);
    if (!(set instanceof Attrs)) throw notASet(set, name, pos);
    let index = knownIndex;
    if (set.shape !== knownShape) {
      index = set.shape.indexOf(name);
      if (index < 0) throw missingAttribute(set, name, pos);
      knownShape = set.shape;
      knownIndex = index;
    }
    const value = set.values[index] as Lazy;
    return value instanceof Thunk ? forceAttribute(set, index, name, pos) : value;
  };
}

function selectName(from: Run, name: string, pos: number): Run {
  let knownShape: Shape | null = null;
  let knownIndex = 0;
  return (env) => {
    const set = from(env);
    if (!(set instanceof Attrs)) throw notASet(set, name, pos);
    let index = knownIndex;
    if (set.shape !== knownShape) {
      index = set.shape.indexOf(name);
      if (index < 0) throw missingAttribute(set, name, pos);
      knownShape = set.shape;
      knownIndex = index;
    }
    const value = set.values[index] as Lazy;
    return value instanceof Thunk ? forceAttribute(set, index, name, pos) : value;
  };
}

function forceAttribute(set: Attrs, index: number, name: string, pos: number): Value {
  try {
    return forceElement(set.values, index);
  } catch (error) {
    throw traced(error, `while evaluating the attribute '${name}'`, set.shape.position(index) || pos);
  }
}

function notASet(value: Value, name: string, pos: number): EvaluationError {
  const error = typeError("a set", describeValue(value), pos);
  error.addFrame(`while selecting the attribute '${name}'`, pos);
  return error;
}

export function missingAttribute(set: Attrs, name: string, pos: number): EvaluationError {
  return new EvaluationError("missing-attribute", `attribute '${name}' missing`, pos, didYouMean(name, set.keys));
}

type Step = string | Run;

function stepsOf(compiler: Compiler, path: readonly PathStep[]): Step[] {
  return path.map((step) => (typeof step === "string" ? step : compiler.compile(step)));
}

function stepName(step: Step, env: Env, pos: number): string {
  return typeof step === "string" ? step : expectPlainText(step(env), pos);
}

function selectDynamic(from: Run, steps: readonly Step[], pos: number): Run {
  return (env) => {
    let value = from(env);
    for (const step of steps) {
      const name = stepName(step, env, pos);
      if (!(value instanceof Attrs)) throw notASet(value, name, pos);
      const index = value.shape.indexOf(name);
      if (index < 0) throw missingAttribute(value, name, pos);
      value = value.forceAt(index);
    }
    return value;
  };
}

function selectNameOr(from: Run, name: string, fallback: Run): Run {
  const lookup = new NameLookup(name);
  return (env) => {
    const set = from(env);
    const index = set instanceof Attrs ? lookup.in(set.shape) : -1;
    return index < 0 ? fallback(env) : (set as Attrs).forceAt(index);
  };
}

function selectOr(from: Run, steps: readonly Step[], fallback: Run, pos: number): Run {
  return (env) => {
    let value = from(env);
    for (const step of steps) {
      const next = value instanceof Attrs ? value.force(stepName(step, env, pos)) : undefined;
      if (next === undefined) return fallback(env);
      value = next;
    }
    return value;
  };
}

export function compileHasAttribute(compiler: Compiler, expr: HasAttribute): Run {
  const from = compiler.compile(expr.from);
  const steps = stepsOf(compiler, expr.path);
  const last = steps.pop() ?? "";
  const { pos } = expr;
  if (steps.length === 0 && typeof last === "string") {
    const lookup = new NameLookup(last);
    return (env) => {
      const set = from(env);
      return set instanceof Attrs && lookup.in(set.shape) >= 0;
    };
  }
  return (env) => {
    let value = from(env);
    for (const step of steps) {
      const next = value instanceof Attrs ? value.force(stepName(step, env, pos)) : undefined;
      if (next === undefined) return false;
      value = next;
    }
    return value instanceof Attrs && value.has(stepName(last, env, pos));
  };
}

/**
 * The value of an attribute, when it may be taken in place of a thunk that selects it: it is computed and no function (see
 * `forceElement`).
 */
export function takeable(member: Lazy): Value | undefined {
  const value = member instanceof Thunk && member.code === null ? (member.slot as Value) : member;
  return value instanceof Thunk || value instanceof FunctionValue ? undefined : value;
}

/**
 * `variable.name`, perhaps with `or` something constant: when the set is already there, so is the attribute, and no thunk is
 * needed to get it later. Null for other forms.
 */
export function delaySelect(compiler: Compiler, expr: Select, known?: Code): Delay | null {
  const builtin = builtinMember(compiler, expr);
  if (builtin !== undefined) return () => builtin;
  const { from, path, fallback } = expr;
  const [name] = path;
  if (from.kind !== "variable" || from.binding?.type !== "slot") return null;
  if (path.length !== 1 || typeof name !== "string") return null;
  const { depth, slot } = from.binding;
  const code = known ?? compiler.code(expr);
  const constant = fallback === null ? undefined : compiler.constant(fallback);
  const otherwise = constant === undefined ? undefined : takeable(constant);
  const lookup = new NameLookup(name);
  return (env) => {
    let set = getSlot(frameAt(env, depth), slot);
    if (set instanceof Thunk && set.code === null) set = set.slot as Value;
    if (!(set instanceof Attrs)) return new Thunk(code, env);
    const index = lookup.in(set.shape);
    const value = index < 0 ? otherwise : takeable(set.values[index] as Lazy);
    return value === undefined ? new Thunk(code, env) : value;
  };
}
