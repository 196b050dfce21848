/**
 * Which parameters a lambda computes first. Follows the body in the order in which it would run, and stops at the first step
 * that could fail or run anything else: computing such a parameter before the call then changes nothing that can be seen,
 * not even which of two errors is met. Parameters out of order end the list too, since calls compute arguments in order.
 */
import type { Application, Binary, Expr, Interpolation } from "../syntax/ast.ts";
import { builtinOf } from "./application.ts";
import type { Compiler } from "./compiler.ts";

/** Parameters that fit into the bits of a small integer. */
const maxParameters = 30;

export function strictParameters(compiler: Compiler, body: Expr): number {
  const walk = new StrictnessWalk(compiler);
  walk.visit(body, 0);
  return walk.strict;
}

class StrictnessWalk {
  readonly #compiler: Compiler;
  /** Bit i: parameter i is computed. */
  strict = 0;
  #last = -1;

  constructor(compiler: Compiler) {
    this.#compiler = compiler;
  }

  /** Whether nothing but known values and parameters was computed, so that what comes next may count too. */
  visit(expr: Expr, depth: number): boolean {
    switch (expr.kind) {
      case "variable":
        if (expr.binding?.type === "slot" && expr.binding.depth === depth) return this.#take(expr.binding.slot - 1);
        return this.#compiler.constant(expr) !== undefined;
      case "literal":
      case "path":
      case "lambda":
      case "list":
        return true;
      case "attribute-set":
        return !expr.recursive && expr.dynamicAttributes.length === 0;
      case "has-attribute":
        return this.visit(expr.from, depth) && expr.path.length === 1 && typeof expr.path[0] === "string";
      case "let":
      case "with":
        return this.visit(expr.body, depth + 1);
      default:
        this.#visitFirst(expr, depth);
        return false;
    }
  }

  #visitFirst(expr: Expr, depth: number): void {
    switch (expr.kind) {
      case "select":
        this.visit(expr.from, depth);
        return;
      case "application":
        this.#visitApplication(expr, depth);
        return;
      case "conditional":
      case "assert":
        this.visit(expr.condition, depth);
        return;
      case "not":
        this.visit(expr.operand, depth);
        return;
      case "binary":
        this.#visitBinary(expr, depth);
        return;
      case "interpolation":
        this.#visitInterpolation(expr, depth);
    }
  }

  #visitApplication(expr: Application, depth: number): void {
    const builtin = builtinOf(this.#compiler, expr.callee);
    if (builtin === null) {
      this.visit(expr.callee, depth);
      return;
    }
    if (builtin.arity !== expr.args.length) return;
    for (const [index, arg] of expr.args.entries()) {
      if ((builtin.strict >> index) & 1 && !this.visit(arg, depth)) return;
    }
  }

  #visitBinary({ operator, left, right }: Binary, depth: number): void {
    const known = this.visit(left, depth);
    if (known && (operator === "==" || operator === "!=")) this.visit(right, depth);
  }

  #visitInterpolation({ type, parts }: Interpolation, depth: number): void {
    for (const part of parts) {
      const known = this.visit(part, depth);
      if (!known || (type !== "plus" && part.kind !== "literal")) return;
    }
  }

  #take(index: number): boolean {
    const bit = 1 << index;
    if (index >= maxParameters || this.strict & bit) return index < maxParameters;
    if (index < this.#last) return false;
    this.#last = index;
    this.strict |= bit;
    return true;
  }
}
