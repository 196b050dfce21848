/**
 * Turns a resolved syntax tree into closures. Three forms of the same expression:
 * - {@link Compiler.compile}: a closure that computes it now;
 * - {@link Compiler.delay}: a closure that gives something to compute it later, and avoids the thunk where computing it is
 *   nothing (literals, variables, lambdas, attributes that are already there);
 * - {@link Compiler.code}: what thunks and lambdas hold, compiled when it first runs. Most of a package set never runs, and
 *   is not even an expression before: see `Deferred`.
 */
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import type { Application, Deferred, Expr } from "../syntax/ast.ts";
import { emptyAttrs } from "../value/attrs.ts";
import type { LambdaCode } from "../value/callable.ts";
import { Code, type Env, type Lazy, NixFloat, NixPath, type Run, Thunk, type Value } from "../value/value.ts";
import { compileApplication } from "./application.ts";
import { compileHasAttribute, compileSelect, delaySelect } from "./attribute-access.ts";
import { compileAttributeSet, compileLet, delayAttributeSet } from "./attribute-set.ts";
import { compileAssert, compileBinary, compileConditional, compileNot } from "./control.ts";
import { EarlyCall } from "./early-call.ts";
import { compileInterpolation } from "./interpolation.ts";
import { compileLambda } from "./lambda.ts";
import { positionAttrs } from "./position.ts";
import { compileSearchPath } from "./search-path.ts";
import { strictParameters } from "./strictness.ts";
import { compileVariable, compileWith, delayVariable } from "./variable.ts";

export type Delay = (env: Env) => Lazy;

function thunkOf(code: Code): Delay {
  return (env) => new Thunk(code, env);
}

/** What the code of a lambda's body is compiled from. */
class LambdaBody {
  readonly expr: Expr;
  readonly lambda: LambdaCode;
  constructor(expr: Expr, lambda: LambdaCode) {
    this.expr = expr;
    this.lambda = lambda;
  }
}

export function loaded(expr: Expr): Expr {
  return expr.kind === "deferred" ? expr.load() : expr;
}

/** Lists and sets at most this long are built at once when all their members are at hand. */
const maxEagerSize = 8;

export class Compiler {
  readonly evaluation: Evaluation;
  /** What a {@link Code} runs first: it compiles its source. */
  readonly #compileFirst: Run;

  constructor(evaluation: Evaluation) {
    this.evaluation = evaluation;
    const compiler = this;
    this.#compileFirst = function compileFirst(this: Code, env: Env): Value {
      // A caller may have picked this function up and then, computing the argument, have had it replaced.
      if (this.source !== null) {
        this.run = compiler.interruptible(compiler.#compileSource(this.source));
        this.source = null;
      }
      return this.run(env);
    } as Run;
  }

  #compileSource(source: unknown): Run {
    if (!(source instanceof LambdaBody)) return this.compile(source as Expr);
    const body = loaded(source.expr);
    source.lambda.strict = strictParameters(this, body);
    return this.compile(body);
  }

  /** In a session, every thunk and call looks first whether it shall end; elsewhere this is nothing. */
  interruptible(run: Run): Run {
    const { interrupt } = this.evaluation.options;
    if (interrupt === undefined) return run;
    return (env) => {
      if (interrupt[0] !== 0) throw new EvaluationError("interrupted", "interrupted");
      return run(env);
    };
  }

  code(expr: Expr): Code {
    return new Code(this.#compileFirst, expr, expr.pos);
  }

  /** Finds out too, before it first runs, which parameters the body computes in any case. */
  findStrictness(lambda: LambdaCode, expr: Expr): void {
    lambda.body.source = new LambdaBody(expr, lambda);
  }

  compile(expr: Expr): Run {
    switch (expr.kind) {
      case "literal":
      case "path": {
        const value = this.constant(expr) as Value;
        return () => value;
      }
      case "variable":
        return compileVariable(this, expr);
      case "select":
        return compileSelect(this, expr);
      case "application":
        return compileApplication(this, expr);
      case "lambda":
        return compileLambda(this, expr);
      case "attribute-set":
        return compileAttributeSet(this, expr);
      case "list":
        return this.#compileList(expr.elements);
      case "let":
        return compileLet(this, expr);
      case "conditional":
        return compileConditional(this, expr);
      case "interpolation":
        return compileInterpolation(this, expr);
      default:
        return this.#compileOther(expr);
    }
  }

  #compileOther(expr: Expr): Run {
    switch (expr.kind) {
      case "binary":
        return compileBinary(this, expr);
      case "not":
        return compileNot(this, expr);
      case "with":
        return compileWith(this, expr);
      case "assert":
        return compileAssert(this, expr);
      case "has-attribute":
        return compileHasAttribute(this, expr);
      case "search-path":
        return compileSearchPath(this, expr);
      case "current-position": {
        const position = positionAttrs(this.evaluation.sources, expr.pos) ?? null;
        return () => position;
      }
      case "deferred":
        return this.compile(expr.load());
      default:
        throw new Error(`Nothing to compile in ${expr.kind}`);
    }
  }

  /** @param code of the same expression, when there is one */
  delay(expr: Expr, code?: Code): Delay {
    const constant = this.constant(expr);
    if (constant !== undefined && !this.#mustDelay(expr)) return () => constant;
    if (this.#mustDelay(expr)) return this.thunk(expr, code);
    switch (expr.kind) {
      case "variable":
        return delayVariable(this, expr, code);
      case "lambda":
        return compileLambda(this, expr);
      case "select":
        return delaySelect(this, expr, code) ?? this.thunk(expr, code);
      case "application":
        return this.#delayApplication(expr, code);
      case "deferred":
        return expr.isCall ? this.#delayApplication(expr, code) : this.thunk(expr, code);
      case "list":
        return this.isAtHand(expr) ? this.#compileList(expr.elements) : this.thunk(expr, code);
      case "attribute-set":
        return this.isAtHand(expr) ? delayAttributeSet(this, expr) : this.thunk(expr, code);
      default:
        return this.thunk(expr, code);
    }
  }

  #mustDelay(expr: Expr): boolean {
    if (this.evaluation.options.lazyLikeNix !== true) return false;
    switch (expr.kind) {
      case "lambda":
      case "select":
      case "application":
      case "deferred":
      case "list":
      case "attribute-set":
        return true;
      default:
        return false;
    }
  }

  #delayApplication(expr: Application | Deferred, code: Code = this.code(expr)): Delay {
    const site = new EarlyCall(this, expr, code);
    return (env) => site.delay(env);
  }

  thunk(expr: Expr, code: Code = this.code(expr)): Delay {
    return thunkOf(code);
  }

  /** The value of an expression that has one without a frame; undefined for all others. */
  constant(expr: Expr): Value | undefined {
    switch (expr.kind) {
      case "literal":
        return expr.type === "float" ? new NixFloat(Number(expr.value)) : expr.value;
      case "path":
        return new NixPath(expr.path);
      case "list":
        return expr.elements.length === 0 ? [] : undefined;
      case "attribute-set":
        return expr.attributes.length === 0 && expr.dynamicAttributes.length === 0 ? emptyAttrs : undefined;
      case "variable":
        return this.globalConstant(expr.binding?.type === "global" ? expr.binding.name : null);
      default:
        return undefined;
    }
  }

  globalConstant(name: string | null): Value | undefined {
    const value = name === null ? undefined : this.evaluation.globals.get(name);
    return value instanceof Thunk ? undefined : value;
  }

  /** Small and made of things that need no computing: building it now costs no more than a thunk. */
  isAtHand(expr: Expr): boolean {
    switch (expr.kind) {
      case "list":
        return expr.elements.length <= maxEagerSize && expr.elements.every((element) => this.isAtom(element));
      case "attribute-set":
        return (
          !expr.recursive &&
          expr.dynamicAttributes.length === 0 &&
          expr.attributes.length <= maxEagerSize &&
          expr.attributes.every(({ value }) => this.isAtom(value))
        );
      default:
        return this.isAtom(expr);
    }
  }

  isAtom(expr: Expr): boolean {
    if (expr.kind === "variable") return expr.binding?.type !== "with";
    return expr.kind === "lambda" || this.constant(expr) !== undefined;
  }

  #compileList(elements: readonly Expr[]): Run {
    const delays = elements.map((element) => this.delay(element));
    const first = delays[0];
    const second = delays[1];
    const third = delays[2];
    if (first === undefined) return () => [];
    if (second === undefined) return (env) => [first(env)];
    if (third === undefined) return (env) => [first(env), second(env)];
    return (env) => {
      const list: Lazy[] = [];
      for (const delay of delays) list.push(delay(env));
      return list;
    };
  }
}
