/**
 * What an expression evaluates to, chosen for speed:
 * - integers are JavaScript numbers within +-2^53 and BigInts beyond (never both for one value), floats a class;
 * - strings are byte strings; one with a context is a class of its own, so the common case carries nothing;
 * - lists are arrays; attribute sets a shape and an array (`attrs.ts`);
 * - a {@link Thunk} stands wherever a value may still have to be computed: list elements, attributes, variables. Everything
 *   typed {@link Value} is computed to its outermost constructor, everything typed {@link Lazy} may be a thunk.
 *
 * Frames of variables ({@link Env}) are objects of four classes (`frame.ts`).
 */
import { EvaluationError, stackOverflow } from "../errors.ts";
import type { Attrs } from "./attrs.ts";
import type { Callable } from "./callable.ts";
import type { Env } from "./frame.ts";

export type Value = Atom | NixFloat | NixPath | ContextString | Attrs | List | Callable;
export type Atom = number | bigint | boolean | null | string;
export type Lazy = Value | Thunk;
/** An array that is a value: never written to after it was given away, but for replacing a thunk by its result. */
export type List = Lazy[];
export type { Env } from "./frame.ts";

export class NixFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export class NixPath {
  /** Absolute, canonical. */
  readonly path: string;
  constructor(path: string) {
    this.path = path;
  }
}

/** Where a string came from: `=<drv>` (all outputs), `!<output>!<drv>` or a plain store path, as Nix encodes it. */
export type Context = ReadonlySet<string>;

export class ContextString {
  readonly text: string;
  /** Never empty. */
  readonly context: Context;
  constructor(text: string, context: Context) {
    this.text = text;
    this.context = context;
  }
}

/** Computes a value from a frame. */
export type Run = (env: Env) => Value;

/** Code that thunks and lambdas refer to. One class, so that `code.run(env)` always sees one hidden class. */
export class Code {
  /** Replaces itself when the code is compiled, which happens when it first runs. */
  run: Run;
  /** What it is compiled from; null when it is. */
  source: unknown;
  /** The place for errors that have none of their own. */
  readonly pos: number;
  constructor(run: Run, source: unknown = null, pos = 0) {
    this.run = run;
    this.source = source;
    this.pos = pos;
  }
}

/** What all functions extend (`callable.ts`). */
export abstract class FunctionValue {}

export class Thunk {
  /** Null once computed. */
  code: Code | null;
  /** The frame to compute in, later the result. */
  slot: Env | Value;
  constructor(code: Code, slot: Env | Value) {
    this.code = code;
    this.slot = slot;
  }
}

const nothing: Code = new Code(() => null);

/** A thunk that is computed already: stands for a function that was computed early, whose place is its own. */
export function finishedThunk(value: Value): Thunk {
  const thunk = new Thunk(nothing, value);
  thunk.code = null;
  return thunk;
}

const blackhole: Code = new Code(() => {
  throw new EvaluationError("infinite-recursion", "infinite recursion encountered");
});

/** How many thunks and calls are being computed, each for the one before. Whatever enters one puts it back when it leaves. */
class Recursion {
  depth = 0;
  /** Beyond this depth something is done: first {@link onDeep}, later the evaluation ends. */
  bound: number = deepFrom;
  /** Told once. */
  onDeep: () => void = () => {};
}

/** No ordinary evaluation comes this far; a system of the module system stays below a tenth of it. */
const deepFrom = 20_000;

export const recursion: Recursion = new Recursion();

/**
 * Deeper than this nothing sensible goes: a recursion a million deep whose every step is a call and a thunk is not. The stack
 * alone would allow more, but it takes seconds to fill, since each collection of garbage looks through all of it.
 */
const maxDepth = 2_100_000;

export function enterCall(depth: number): void {
  if (depth > recursion.bound) passBound();
  recursion.depth = depth + 1;
}

function passBound(): void {
  if (recursion.bound === maxDepth) throw stackOverflow();
  recursion.bound = maxDepth;
  recursion.onDeep();
}

/** Computes a thunk. It is left as it was when that fails, so that it fails again the same way. */
export function forceThunk(thunk: Thunk): Value {
  const { code } = thunk;
  if (code === null) return thunk.slot as Value;
  const env = thunk.slot as Env;
  thunk.code = blackhole;
  const { depth } = recursion;
  try {
    enterCall(depth);
    const value = code.run(env);
    recursion.depth = depth;
    thunk.slot = value;
    thunk.code = null;
    return value;
  } catch (error) {
    recursion.depth = depth;
    thunk.code = code;
    if (error instanceof EvaluationError) leaveThunk(error, thunk, code);
    throw error;
  }
}

/** Gives an error its place; in an infinite recursion, the turn from the thunk that needs itself back to it. */
function leaveThunk(error: EvaluationError, thunk: Thunk, code: Code): void {
  if (error.pos === 0) error.pos = code.pos;
  if (error.kind !== "infinite-recursion") return;
  if (code === blackhole) error.cycle = thunk;
  else if (error.cycle !== null) {
    const isRound = error.cycle === thunk;
    const text = isRound ? "which is needed here, where it began" : "which is needed here";
    if (code.pos !== 0) error.addFrame(text, code.pos);
    if (!isRound) return;
    error.cycle = null;
    error.cycleFrames = error.frames.length;
  }
}

export function force(lazy: Lazy): Value {
  return lazy instanceof Thunk ? forceThunk(lazy) : lazy;
}

/** What a thunk has become, without computing it. */
export function computed(lazy: Lazy): Lazy {
  return lazy instanceof Thunk && lazy.code === null ? (lazy.slot as Value) : lazy;
}

/**
 * Computes an element in place. The thunk is replaced by its value, but for a function: two functions are equal only when
 * they are the same variable, attribute or element, and the thunk is what tells.
 */
export function forceElement(list: Lazy[], index: number): Value {
  const element = list[index] as Lazy;
  if (!(element instanceof Thunk)) return element;
  const value = element.code === null ? (element.slot as Value) : forceThunk(element);
  if (!(value instanceof FunctionValue)) list[index] = value;
  return value;
}

export function isList(value: Lazy | undefined): value is List {
  return Array.isArray(value);
}

export function isInt(value: Lazy): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

export function isString(value: Lazy): value is string | ContextString {
  return typeof value === "string" || value instanceof ContextString;
}
