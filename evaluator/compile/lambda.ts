/** Lambdas: everything about one that does not depend on the frame is made once. */
import type { Lambda } from "../syntax/ast.ts";
import { LambdaCode, LambdaValue } from "../value/callable.ts";
import type { Env, Value } from "../value/value.ts";
import type { Compiler } from "./compiler.ts";

export function compileLambda(compiler: Compiler, lambda: Lambda): (env: Env) => Value {
  const { formals, parameters } = lambda;
  const code = new LambdaCode({
    arity: formals === null ? parameters.length : 1,
    formals:
      formals?.list.map(({ name, pos, fallback }) => ({
        name,
        pos,
        fallback: fallback === null ? null : compiler.delay(fallback),
      })) ?? null,
    ellipsis: formals?.ellipsis ?? false,
    hasAlias: formals !== null && parameters.length > 0,
    body: compiler.code(lambda.body),
    name: lambda.name,
    parameterNames: parameters,
    pos: lambda.pos,
  });
  if (formals === null) compiler.findStrictness(code, lambda.body);
  return (env) => new LambdaValue(code, env);
}
