/**
 * Functions. A lambda's parameters are those of the whole chain `a: b: ...`; a call that brings all of them makes one
 * frame, fewer make a {@link PartialCall}. `{ .. }:` patterns take exactly one argument.
 */
import type { Attrs } from "./attrs.ts";
import type { Shape } from "./shape.ts";
import { type Code, type Env, FunctionValue, type Lazy, type Value } from "./value.ts";

export type Callable = LambdaValue | Primop | PartialCall;

export interface CompiledFormal {
  readonly name: string;
  readonly pos: number;
  /** Makes the default in the callee's frame; null when the argument is required. */
  readonly fallback: ((env: Env) => Lazy) | null;
}

/** The part of a lambda that does not depend on where it was made. */
export class LambdaCode {
  readonly arity: number;
  readonly formals: readonly CompiledFormal[] | null;
  readonly ellipsis: boolean;
  /** `args@`: the first slot holds the whole argument. */
  readonly hasAlias: boolean;
  readonly body: Code;
  /**
   * Bit i set: the body computes parameter i before it does anything else that could fail, so a call may as well compute the
   * argument first and save a thunk. Known when the body is compiled.
   */
  strict = 0;
  readonly name: string | null;
  readonly parameterNames: readonly string[];
  readonly pos: number;
  /** Of the frame of a call. */
  readonly slotCount: number;
  /** The last shape of an argument that was seen and where it has each formal (-1: use the default). */
  planShape: Shape | null = null;
  plan: Int32Array | null = null;
  /** What `functionArgs` gives; made once. */
  argumentFlags: Attrs | null = null;

  constructor(options: {
    arity: number;
    formals: readonly CompiledFormal[] | null;
    ellipsis: boolean;
    hasAlias: boolean;
    body: Code;
    name: string | null;
    parameterNames: readonly string[];
    pos: number;
  }) {
    this.arity = options.arity;
    this.formals = options.formals;
    this.ellipsis = options.ellipsis;
    this.hasAlias = options.hasAlias;
    this.body = options.body;
    this.name = options.name;
    this.parameterNames = options.parameterNames;
    this.pos = options.pos;
    this.slotCount = options.formals === null ? options.arity : (options.hasAlias ? 1 : 0) + options.formals.length;
  }
}

export class LambdaValue extends FunctionValue {
  readonly code: LambdaCode;
  readonly env: Env;
  constructor(code: LambdaCode, env: Env) {
    super();
    this.code = code;
    this.env = env;
  }
}

export type PrimopFunction = (...args: Lazy[]) => Value;

export class Primop extends FunctionValue {
  readonly name: string;
  readonly arity: number;
  readonly run: PrimopFunction;
  /** Bit i set: argument i is computed in any case, so a call may as well compute it first and save a thunk. */
  readonly strict: number;
  constructor(name: string, arity: number, run: PrimopFunction, strict = 0) {
    super();
    this.name = name;
    this.arity = arity;
    this.run = run;
    this.strict = strict;
  }
}

/** In Nix `derivation` alone is a function written in Nix, `{ outputs ? [ "out" ], ... }:`, and looks like one. */
export function isDerivationFunction(value: Value): boolean {
  return value instanceof Primop && value.name === "derivation";
}

const noArguments: readonly Lazy[] = [];

/** A function that still lacks arguments. The first ones are fields: most have no more, and an array would be two objects. */
export class PartialCall extends FunctionValue {
  readonly callee: LambdaValue | Primop;
  /** How many arguments it has. */
  readonly count: number;
  readonly first: Lazy;
  readonly second: Lazy;
  readonly others: readonly Lazy[];
  constructor(
    callee: LambdaValue | Primop,
    count: number,
    first: Lazy,
    second: Lazy = null,
    others: readonly Lazy[] = noArguments,
  ) {
    super();
    this.callee = callee;
    this.count = count;
    this.first = first;
    this.second = second;
    this.others = others;
  }

  get arity(): number {
    return this.callee instanceof Primop ? this.callee.arity : this.callee.code.arity;
  }

  get args(): readonly Lazy[] {
    return this.count === 1 ? [this.first] : [this.first, this.second, ...this.others];
  }
}

/** @param args not all that the function takes, and at least one */
export function partialCall(callee: LambdaValue | Primop, args: readonly Lazy[]): PartialCall {
  const others = args.length > 2 ? args.slice(2) : noArguments;
  return new PartialCall(callee, args.length, args[0] as Lazy, args.length > 1 ? (args[1] as Lazy) : null, others);
}

export function isCallable(value: Lazy): value is Callable {
  return value instanceof FunctionValue;
}
