/** `<nixpkgs>`: a call of `__findFile __nixPath`, both looked up in scope. */
import type { SearchPath } from "../syntax/ast.ts";
import { call2 } from "../value/call.ts";
import type { Run } from "../value/value.ts";
import type { Compiler } from "./compiler.ts";
import { placed } from "./trace.ts";
import { compileVariable, delayVariable } from "./variable.ts";

export function compileSearchPath(compiler: Compiler, expr: SearchPath): Run {
  const finder = compileVariable(compiler, expr.finder);
  const entries = delayVariable(compiler, expr.searchPath);
  const { path, pos } = expr;
  return (env) => {
    try {
      return call2(finder(env), entries(env), path);
    } catch (error) {
      throw placed(error, pos);
    }
  };
}
