/** Lists. */
import { EvaluationError } from "../errors.ts";
import { Attrs, attrsFromObject, attrsFromPairs } from "../value/attrs.ts";
import { call1, call2, delayCall } from "../value/call.ts";
import { Primop } from "../value/callable.ts";
import { compareValues, equalMembers } from "../value/equal.ts";
import { expectBool, expectFunction, expectList, expectPlainText, expectSmallInt, textOf } from "../value/expect.ts";
import { force, forceElement, isString, type Lazy, type List, NixFloat, type Value } from "../value/value.ts";
import { type Builtin, builtin } from "./builtin.ts";

function map(f: Lazy, lazyList: Lazy): Value {
  const list = expectList(lazyList);
  const result: List = list.slice();
  for (let index = 0; index < list.length; index++) result[index] = delayCall(f, list[index] as Lazy);
  return result;
}

function filter(f: Lazy, lazyList: Lazy): Value {
  const test = expectFunction(f);
  const list = expectList(lazyList);
  const result: List = [];
  for (let index = 0; index < list.length; index++) {
    const element = list[index] as Lazy;
    if (expectBool(call1(test, element))) result.push(element);
  }
  return result.length === list.length ? list : result;
}

function elementAt(list: List, index: number): Value {
  if (index < 0 || index >= list.length) {
    throw new EvaluationError("other", `list index ${index} is out of bounds`);
  }
  return forceElement(list, index);
}

function head(lazy: Lazy): Value {
  const list = expectList(lazy);
  if (list.length === 0) throw new EvaluationError("other", "'head' called on an empty list");
  return forceElement(list, 0);
}

function tail(lazy: Lazy): Value {
  const list = expectList(lazy);
  if (list.length === 0) throw new EvaluationError("other", "'tail' called on an empty list");
  return list.slice(1);
}

function elem(wanted: Lazy, lazyList: Lazy): Value {
  const list = expectList(lazyList);
  return list.some((element) => equalMembers(wanted, element));
}

function concatLists(lazyLists: Lazy): Value {
  const lists = expectList(lazyLists);
  const result: List = [];
  for (let index = 0; index < lists.length; index++) append(result, expectList(forceElement(lists, index)));
  return result;
}

function append(target: List, list: List): void {
  for (let index = 0; index < list.length; index++) target.push(list[index] as Lazy);
}

function concatMap(f: Lazy, lazyList: Lazy): Value {
  const mapping = expectFunction(f);
  const list = expectList(lazyList);
  const result: List = [];
  for (let index = 0; index < list.length; index++) {
    append(result, expectList(call1(mapping, list[index] as Lazy)));
  }
  return result;
}

function foldStrict(f: Lazy, initial: Lazy, lazyList: Lazy): Value {
  const step = expectFunction(f);
  const list = expectList(lazyList);
  if (list.length === 0) return force(initial);
  let accumulator = initial;
  for (let index = 0; index < list.length; index++) accumulator = call2(step, accumulator, list[index] as Lazy);
  return force(accumulator);
}

function some(f: Lazy, lazyList: Lazy, wanted: boolean): boolean {
  const test = expectFunction(f);
  const list = expectList(lazyList);
  for (let index = 0; index < list.length; index++) {
    if (expectBool(call1(test, list[index] as Lazy)) === wanted) return true;
  }
  return false;
}

function genList(f: Lazy, count: Lazy): Value {
  const length = expectSmallInt(count);
  if (length < 0) throw new EvaluationError("other", `cannot create list of size ${length}`);
  const result: List = [];
  for (let index = 0; index < length; index++) result.push(delayCall(f, index));
  return result;
}

/** Computes every element, unlike `filter`. */
function partition(f: Lazy, lazyList: Lazy): Value {
  const test = expectFunction(f);
  const list = expectList(lazyList);
  const right: List = [];
  const wrong: List = [];
  for (let index = 0; index < list.length; index++) {
    const element = forceElement(list, index);
    (expectBool(call1(test, element)) ? right : wrong).push(element);
  }
  return attrsFromObject({ right, wrong });
}

function groupBy(f: Lazy, lazyList: Lazy): Value {
  const keyOf = expectFunction(f);
  const groups = new Map<string, List>();
  for (const element of expectList(lazyList)) {
    const key = expectPlainText(call1(keyOf, element));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [element]);
    else group.push(element);
  }
  return attrsFromPairs([...groups.keys()], [...groups.values()]);
}

type Less = (a: Value, b: Value) => boolean;

function sort(f: Lazy, lazyList: Lazy): Value {
  const comparator = expectFunction(f);
  const source = expectList(lazyList);
  const list: Value[] = source.map((_element, index) => forceElement(source, index));
  const less: Less =
    comparator instanceof Primop && comparator.name === "lessThan"
      ? (a, b) => compareValues(a, b) < 0
      : (a, b) => expectBool(call2(comparator, a, b));
  return mergeSort(list, less);
}

/** Stable, and asks nothing but `less(later, earlier)`, so that it copes with any comparator. */
function mergeSort(list: Value[], less: Less): Value[] {
  let from = list.slice();
  let to = list.slice();
  for (let width = 1; width < list.length; width *= 2) {
    for (let start = 0; start < list.length; start += 2 * width) {
      merge(from, to, [start, Math.min(start + width, list.length), Math.min(start + 2 * width, list.length)], less);
    }
    [from, to] = [to, from];
  }
  return from;
}

function merge(from: Value[], to: Value[], [start, middle, end]: [number, number, number], less: Less): void {
  let left = start;
  let right = middle;
  for (let at = start; at < end; at++) {
    const takeRight = left >= middle || (right < end && less(from[right] as Value, from[left] as Value));
    to[at] = from[takeRight ? right++ : left++] as Value;
  }
}

/** Breadth first over `operator`, each `key` once. */
function genericClosure(lazy: Lazy): Value {
  const arguments_ = expectSet(lazy);
  const startSet = expectList(required(arguments_, "startSet"));
  if (startSet.length === 0) return startSet;
  const operator = expectFunction(required(arguments_, "operator"));
  const seen = new KeySet();
  const result: List = [];
  const queue: List = startSet.slice();
  for (let at = 0; at < queue.length; at++) {
    const item = expectSet(queue[at] as Lazy);
    if (!seen.add(force(required(item, "key")))) continue;
    result.push(item);
    append(queue, expectList(call1(operator, item)));
  }
  return result;
}

/** Keys by value: text and numbers by hash, anything comparable else one by one. All must compare with the first. */
class KeySet {
  readonly #plain = new Set<unknown>();
  readonly #others: Value[] = [];
  #first: Value | undefined;

  add(key: Value): boolean {
    if (this.#first === undefined) this.#first = key;
    else compareValues(key, this.#first);
    const plain = isString(key) ? textOf(key) : key instanceof NixFloat ? key.value : key;
    if (typeof plain === "string" || typeof plain === "number" || typeof plain === "bigint") {
      if (this.#plain.has(plain)) return false;
      this.#plain.add(plain);
      return true;
    }
    if (this.#others.some((other) => compareValues(other, key) === 0)) return false;
    this.#others.push(key);
    return true;
  }
}

function expectSet(lazy: Lazy): Attrs {
  const value = force(lazy);
  if (value instanceof Attrs) return value;
  throw new EvaluationError("type", "'genericClosure' expects sets");
}

function required(attrs: Attrs, name: string): Lazy {
  const value = attrs.get(name);
  if (value === undefined) throw new EvaluationError("missing-attribute", `attribute '${name}' required`);
  return value;
}

export const listBuiltins: readonly Builtin[] = [
  builtin("map", "ls", (f = null, list = null) => map(f, list), true),
  builtin("filter", "ss", (f = null, list = null) => filter(f, list)),
  builtin("length", "s", (list = null) => expectList(list).length),
  builtin("head", "s", (list = null) => head(list)),
  builtin("tail", "s", (list = null) => tail(list)),
  builtin("elemAt", "ss", (list = null, index = null) => elementAt(expectList(list), expectSmallInt(index))),
  builtin("elem", "ls", (wanted = null, list = null) => elem(wanted, list)),
  builtin("concatLists", "s", (lists = null) => concatLists(lists)),
  builtin("concatMap", "ss", (f = null, list = null) => concatMap(f, list)),
  builtin("foldl'", "sls", (f = null, initial = null, list = null) => foldStrict(f, initial, list)),
  builtin("any", "ss", (f = null, list = null) => some(f, list, true)),
  builtin("all", "ss", (f = null, list = null) => !some(f, list, false)),
  builtin("genList", "ls", (f = null, count = null) => genList(f, count)),
  builtin("sort", "ss", (f = null, list = null) => sort(f, list)),
  builtin("partition", "ss", (f = null, list = null) => partition(f, list)),
  builtin("groupBy", "ss", (f = null, list = null) => groupBy(f, list)),
  builtin("genericClosure", "s", (options = null) => genericClosure(options)),
];
