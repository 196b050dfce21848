/** Attribute sets. */

import { missingAttribute } from "../compile/attribute-access.ts";
import { positionAttrs } from "../compile/position.ts";
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { Attrs, attrsFromPairs, emptyAttrs, filterByIndex } from "../value/attrs.ts";
import { delayCall2 } from "../value/call.ts";
import { isDerivationFunction, type LambdaCode, LambdaValue, PartialCall, Primop } from "../value/callable.ts";
import { expectAttrs, expectFunction, expectList, expectPlainText } from "../value/expect.ts";
import { describeType } from "../value/type-name.ts";
import { force, forceElement, type Lazy, type List, type Value } from "../value/value.ts";
import { type Builtin, builtin } from "./builtin.ts";

function attrNames(lazy: Lazy): Value {
  return expectAttrs(lazy).keys.slice();
}

function getAttr(name: Lazy, lazy: Lazy): Value {
  const text = expectPlainText(name);
  const attrs = expectAttrs(lazy);
  const value = attrs.force(text);
  if (value === undefined) throw missingAttribute(attrs, text, 0);
  return value;
}

function listToAttrs(lazy: Lazy): Value {
  const list = expectList(lazy);
  const names: string[] = [];
  const values: Lazy[] = [];
  const positions: number[] = [];
  for (let index = 0; index < list.length; index++) {
    const pair = expectAttrs(forceElement(list, index));
    names.push(expectPlainText(pair.values[indexOfRequired(pair, "name")] ?? null));
    const valueIndex = indexOfRequired(pair, "value");
    values.push(pair.values[valueIndex] as Lazy);
    positions.push(pair.shape.position(valueIndex));
  }
  return attrsFromPairs(names, values, positions);
}

function indexOfRequired(pair: Attrs, name: string): number {
  const index = pair.shape.indexOf(name);
  if (index >= 0) return index;
  throw new EvaluationError("missing-attribute", `attribute '${name}' missing in an element of 'listToAttrs'`);
}

function removeAttrs(lazy: Lazy, lazyNames: Lazy): Value {
  const attrs = expectAttrs(lazy);
  const names = expectList(lazyNames);
  const removed = new Set<number>();
  for (let at = 0; at < names.length; at++) {
    const index = attrs.shape.indexOf(expectPlainText(forceElement(names, at)));
    if (index >= 0) removed.add(index);
  }
  return removed.size === 0 ? attrs : filterByIndex(attrs, (index) => !removed.has(index));
}

/** The attributes of `right` that `left` has too. Goes over the smaller one. */
function intersectAttrs(lazyLeft: Lazy, lazyRight: Lazy): Value {
  const left = expectAttrs(lazyLeft);
  const right = expectAttrs(lazyRight);
  if (right.size <= left.size) return filterByIndex(right, (index) => left.has(right.keys[index] as string));
  const names: string[] = [];
  const values: Lazy[] = [];
  const positions: number[] = [];
  for (const name of left.keys) {
    const index = right.shape.indexOf(name);
    if (index < 0) continue;
    names.push(name);
    values.push(right.values[index] as Lazy);
    positions.push(right.shape.position(index));
  }
  return attrsFromPairs(names, values, positions);
}

function catAttrs(lazyName: Lazy, lazyList: Lazy): Value {
  const name = expectPlainText(lazyName);
  const list = expectList(lazyList);
  const result: List = [];
  for (let index = 0; index < list.length; index++) {
    const value = expectAttrs(forceElement(list, index)).get(name);
    if (value !== undefined) result.push(value);
  }
  return result;
}

function mapAttrs(f: Lazy, lazy: Lazy): Value {
  const attrs = expectAttrs(lazy);
  if (attrs.size === 0) return emptyAttrs;
  const { keys } = attrs;
  const values = attrs.values.slice();
  for (let index = 0; index < values.length; index++) {
    values[index] = delayCall2(f, keys[index] as string, values[index] as Lazy);
  }
  return new Attrs(attrs.shape.withoutPositions(), values);
}

function zipAttrsWith(f: Lazy, lazyList: Lazy): Value {
  expectFunction(f);
  const list = expectList(lazyList);
  const groups = new Map<string, List>();
  for (let index = 0; index < list.length; index++) {
    const attrs = expectAttrs(forceElement(list, index));
    for (let at = 0; at < attrs.size; at++) addToGroup(groups, attrs.keys[at] as string, attrs.values[at] as Lazy);
  }
  const names = [...groups.keys()];
  return attrsFromPairs(
    names,
    names.map((name) => delayCall2(f, name, groups.get(name) ?? [])),
  );
}

function addToGroup(groups: Map<string, List>, name: string, value: Lazy): void {
  const group = groups.get(name);
  if (group === undefined) groups.set(name, [value]);
  else group.push(value);
}

function functionArgs(lazy: Lazy): Value {
  const value = force(lazy);
  if (isDerivationFunction(value)) return attrsFromPairs(["outputs"], [true]);
  if (value instanceof Primop || value instanceof PartialCall) return emptyAttrs;
  if (value instanceof LambdaValue) return argumentFlags(value.code);
  throw new EvaluationError("type", `'functionArgs' requires a function, but got ${describeType(value)}`);
}

function argumentFlags(code: LambdaCode): Attrs {
  if (code.formals === null) return emptyAttrs;
  if (code.argumentFlags !== null) return code.argumentFlags;
  const flags = attrsFromPairs(
    code.formals.map(({ name }) => name),
    code.formals.map(({ fallback }) => fallback !== null),
    code.formals.map(({ pos }) => pos),
  );
  code.argumentFlags = flags;
  return flags;
}

function attrPosition(evaluation: Evaluation, lazyName: Lazy, lazy: Lazy): Value {
  const name = expectPlainText(lazyName);
  const { shape } = expectAttrs(lazy);
  const index = shape.indexOf(name);
  if (index < 0) return null;
  return positionAttrs(evaluation.sources, shape.position(index)) ?? null;
}

export function attrsetBuiltins(evaluation: Evaluation): readonly Builtin[] {
  return [
    builtin("attrNames", "s", (attrs = null) => attrNames(attrs)),
    builtin("attrValues", "s", (attrs = null) => expectAttrs(attrs).values.slice()),
    builtin("getAttr", "ss", (name = null, attrs = null) => getAttr(name, attrs)),
    builtin("hasAttr", "ss", (name = null, attrs = null) => expectAttrs(attrs).has(expectPlainText(name))),
    builtin("listToAttrs", "s", (list = null) => listToAttrs(list)),
    builtin("removeAttrs", "ss", (attrs = null, names = null) => removeAttrs(attrs, names), true),
    builtin("intersectAttrs", "ss", (left = null, right = null) => intersectAttrs(left, right)),
    builtin("catAttrs", "ss", (name = null, list = null) => catAttrs(name, list)),
    builtin("mapAttrs", "ls", (f = null, attrs = null) => mapAttrs(f, attrs)),
    builtin("zipAttrsWith", "ss", (f = null, list = null) => zipAttrsWith(f, list)),
    builtin("functionArgs", "s", (f = null) => functionArgs(f)),
    builtin("unsafeGetAttrPos", "ss", (name = null, attrs = null) => attrPosition(evaluation, name, attrs)),
  ];
}
