/** Computing values to the bottom. */
import { traced } from "../compile/trace.ts";
import { Attrs } from "./attrs.ts";
import { force, forceElement, isList, type Lazy } from "./value.ts";

/** Computes everything reachable; sets and lists that were visited are not visited again. */
export function forceDeep(lazy: Lazy, seen: Set<object> = new Set()): void {
  const value = force(lazy);
  if (value instanceof Attrs) {
    if (seen.has(value)) return;
    seen.add(value);
    for (let index = 0; index < value.size; index++) forceAttributeDeep(value, index, seen);
  } else if (isList(value)) {
    if (seen.has(value)) return;
    seen.add(value);
    for (let index = 0; index < value.length; index++) forceDeep(forceElement(value, index), seen);
  }
}

function forceAttributeDeep(attrs: Attrs, index: number, seen: Set<object>): void {
  try {
    forceDeep(attrs.forceAt(index), seen);
  } catch (error) {
    throw traced(error, `while evaluating the attribute '${attrs.keys[index]}'`, attrs.shape.position(index));
  }
}
