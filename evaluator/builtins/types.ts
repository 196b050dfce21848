/** `isX` and `typeOf`. */
import { Attrs } from "../value/attrs.ts";
import { isCallable } from "../value/callable.ts";
import { typeOf } from "../value/type-name.ts";
import { force, isInt, isList, isString, NixFloat, NixPath, type Value } from "../value/value.ts";
import { type Builtin, builtin } from "./builtin.ts";

function predicate(name: string, test: (value: Value) => boolean, isGlobal = false): Builtin {
  return builtin(name, "s", (value = null) => test(force(value)), isGlobal);
}

export const typeBuiltins: readonly Builtin[] = [
  predicate("isNull", (value) => value === null, true),
  predicate("isBool", (value) => typeof value === "boolean"),
  predicate("isInt", isInt),
  predicate("isFloat", (value) => value instanceof NixFloat),
  predicate("isString", isString),
  predicate("isPath", (value) => value instanceof NixPath),
  predicate("isList", isList),
  predicate("isAttrs", (value) => value instanceof Attrs),
  predicate("isFunction", isCallable),
  builtin("typeOf", "s", (value = null) => typeOf(force(value))),
];
