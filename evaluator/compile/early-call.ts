/**
 * Calls that are made at once instead of delayed, because all they need is computed and they can neither fail nor cost
 * anything: a function that gets fewer arguments than it takes, and builtins that only look (`head xs`). A thunk would be larger
 * than the result, and most get computed in the end.
 */
import type { Application, Deferred, Expr } from "../syntax/ast.ts";
import { Attrs } from "../value/attrs.ts";
import { LambdaValue, PartialCall, Primop, partialCall } from "../value/callable.ts";
import { frameAt, getSlot } from "../value/frame.ts";
import { type Code, type Env, isList, type Lazy, Thunk, type Value } from "../value/value.ts";
import { builtinMember, takeable } from "./attribute-access.ts";
import { type Compiler, type Delay, loaded } from "./compiler.ts";
import { NameLookup } from "./name-lookup.ts";

/** What an expression stands for, if that is known without computing anything. */
type Peek = (env: Env) => Lazy | undefined;

/** Undefined when the result is not at hand. */
type Glance = (value: Value) => Value | undefined;

const maxCopiedTail = 16;

const glances: ReadonlyMap<string, Glance> = new Map<string, Glance>([
  ["head", (value) => (isList(value) && value.length > 0 ? takeable(value[0] as Lazy) : undefined)],
  [
    "tail",
    (value) => (isList(value) && value.length > 0 && value.length <= maxCopiedTail ? value.slice(1) : undefined),
  ],
  ["length", (value) => (isList(value) ? value.length : undefined)],
  ["isAttrs", (value) => value instanceof Attrs],
  ["isList", isList],
]);

/** Sites whose calls were never at hand stop looking after as many tries. */
const maxMisses = 50;

/** One place of such a call. Most are never reached, so what it needs is made when it is. */
export class EarlyCall {
  readonly #compiler: Compiler;
  readonly #expr: Application | Deferred;
  readonly #code: Code;
  #peek: Peek | null = null;
  #args: readonly Delay[] = [];
  #misses = 0;
  #primop: Primop | null = null;
  #glance: Glance | undefined;

  constructor(compiler: Compiler, expr: Application | Deferred, code: Code) {
    this.#compiler = compiler;
    this.#expr = expr;
    this.#code = code;
  }

  delay(env: Env): Lazy {
    if (this.#misses <= maxMisses) {
      this.#peek ??= this.#prepare();
      const value = this.#tryCall(this.#peek(env), env);
      if (value !== undefined) return value;
      this.#misses++;
    }
    return new Thunk(this.#code, env);
  }

  #prepare(): Peek {
    const expr = loaded(this.#expr);
    if (expr.kind !== "application" || expr.args.length === 0) return unknown;
    // Nobody has to read it again.
    if (this.#code.source === this.#expr) this.#code.source = expr;
    const { callee, args } = expr;
    this.#args = args.map((arg) => this.#compiler.delay(arg));
    return peekAt(this.#compiler, callee) ?? unknown;
  }

  #tryCall(f: Lazy | undefined, env: Env): Value | undefined {
    const args = this.#args;
    const count = args.length;
    const first = args[0] as Delay;
    if (f instanceof LambdaValue) {
      if (f.code.formals !== null || f.code.arity <= count) return undefined;
    } else if (f instanceof Primop) {
      if (f.arity <= count) return count === 1 ? this.#lookAt(f, first(env)) : undefined;
    } else return undefined;
    if (count === 1) return new PartialCall(f, 1, first(env));
    if (count === 2) return new PartialCall(f, 2, first(env), (args[1] as Delay)(env));
    return partialCall(
      f,
      args.map((arg) => arg(env)),
    );
  }

  #lookAt(primop: Primop, arg: Lazy): Value | undefined {
    if (primop !== this.#primop) {
      this.#primop = primop;
      this.#glance = glances.get(primop.name);
    }
    return this.#glance === undefined ? undefined : glanceAt(this.#glance, arg);
  }
}

function unknown(): undefined {
  return undefined;
}

function glanceAt(glance: Glance, arg: Lazy): Value | undefined {
  if (!(arg instanceof Thunk)) return glance(arg);
  return arg.code === null ? glance(arg.slot as Value) : undefined;
}

function peekAt(compiler: Compiler, expr: Expr): Peek | null {
  if (expr.kind === "variable") {
    if (expr.binding?.type === "global") {
      const value = compiler.globalConstant(expr.binding.name);
      return value instanceof Primop ? () => value : null;
    }
    if (expr.binding?.type !== "slot") return null;
    const { depth, slot } = expr.binding;
    return (env) => computed(getSlot(frameAt(env, depth), slot));
  }
  if (expr.kind !== "select" || expr.fallback !== null) return null;
  const member = builtinMember(compiler, expr);
  if (member !== undefined) return () => member;
  const [name] = expr.path;
  if (expr.path.length !== 1 || typeof name !== "string") return null;
  const from = peekAt(compiler, expr.from);
  if (from === null) return null;
  const lookup = new NameLookup(name);
  return (env) => {
    const set = from(env);
    if (!(set instanceof Attrs)) return undefined;
    const index = lookup.in(set.shape);
    return index < 0 ? undefined : computed(set.values[index]);
  };
}

function computed(lazy: Lazy | undefined): Lazy | undefined {
  return lazy instanceof Thunk && lazy.code === null ? (lazy.slot as Value) : lazy;
}
