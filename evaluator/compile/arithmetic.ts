/** `-`, `*`, `/` and `<`, when they mean the builtins: computed in place, with the common case of small integers first. */
import type { Application } from "../syntax/ast.ts";
import type { Primop } from "../value/callable.ts";
import type { Run, Value } from "../value/value.ts";
import type { Compiler } from "./compiler.ts";
import { placed } from "./trace.ts";

export function compileArithmetic(compiler: Compiler, primop: Primop, expr: Application): Run | null {
  const [leftExpr, rightExpr] = expr.args;
  if (leftExpr === undefined || rightExpr === undefined || expr.args.length !== 2) return null;
  const left = compiler.compile(leftExpr);
  const right = compiler.compile(rightExpr);
  const general = (a: Value, b: Value): Value => {
    try {
      return primop.run(a, b);
    } catch (error) {
      throw placed(error, expr.pos);
    }
  };
  switch (primop.name) {
    case "sub":
      return (env) => {
        const a = left(env);
        const b = right(env);
        if (typeof a === "number" && typeof b === "number") {
          const difference = a - b;
          if (Number.isSafeInteger(difference)) return difference;
        }
        return general(a, b);
      };
    case "lessThan":
      return (env) => {
        const a = left(env);
        const b = right(env);
        return typeof a === "number" && typeof b === "number" ? a < b : general(a, b);
      };
    case "mul":
    case "div":
      return (env) => general(left(env), right(env));
    default:
      return null;
  }
}
