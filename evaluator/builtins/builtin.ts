import { Primop, type PrimopFunction } from "../value/callable.ts";

/** A builtin and whether its name stands alone too (`map`), or only as `builtins.x` and `__x`. */
export interface Builtin {
  readonly primop: Primop;
  readonly isGlobal: boolean;
}

/**
 * A builtin function. `parameters` has a letter for each: `s` for one that is computed in any case (call sites may do so
 * before the call), `l` for one that may be left alone.
 */
export function builtin(name: string, parameters: string, run: PrimopFunction, isGlobal = false): Builtin {
  let strict = 0;
  for (let index = 0; index < parameters.length; index++) if (parameters[index] === "s") strict |= 1 << index;
  return { primop: new Primop(name, parameters.length, run, strict), isGlobal };
}
