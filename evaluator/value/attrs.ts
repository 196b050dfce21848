/** Attribute sets: a {@link Shape} (names) and an array of values in the shape's order. */
import { compareNames, emptyShape, type MergePlan, type Places, placesIn, Shape, sortedShape } from "./shape.ts";
import { forceElement, type Lazy, type Value } from "./value.ts";

export class Attrs {
  readonly shape: Shape;
  /** Thunks in here are replaced by their results as they become known; nothing else ever changes. */
  readonly values: Lazy[];

  constructor(shape: Shape, values: Lazy[]) {
    this.shape = shape;
    this.values = values;
  }

  get size(): number {
    return this.values.length;
  }

  get keys(): readonly string[] {
    return this.shape.keys;
  }

  has(name: string): boolean {
    return this.shape.indexOf(name) >= 0;
  }

  /** As it is, perhaps a thunk. */
  get(name: string): Lazy | undefined {
    const index = this.shape.indexOf(name);
    return index < 0 ? undefined : this.values[index];
  }

  /** Computed. */
  force(name: string): Value | undefined {
    const index = this.shape.indexOf(name);
    return index < 0 ? undefined : this.forceAt(index);
  }

  forceAt(index: number): Value {
    return forceElement(this.values, index);
  }
}

export const emptyAttrs: Attrs = new Attrs(emptyShape, []);

/** `left // right` */
export function updateAttrs(left: Attrs, right: Attrs): Attrs {
  if (right.values.length === 0) return left;
  if (left.values.length === 0) return right;
  if (left.shape === right.shape) return right;
  const plan = left.shape.stable && right.shape.stable ? left.shape.mergePlan(right.shape) : null;
  if (plan === null) return mergeOnce(left, right);
  return plan.shape === right.shape ? right : applyPlan(plan, left.values, right.values);
}

function applyPlan(plan: MergePlan, left: readonly Lazy[], right: readonly Lazy[]): Attrs {
  const { sources } = plan;
  if (sources === null) return new Attrs(plan.shape, override(left, right, plan.targets));
  const values = blankValues(sources.length);
  for (let index = 0; index < sources.length; index++) {
    const source = sources[index] as number;
    values[index] = (source >= 0 ? right[source] : left[~source]) as Lazy;
  }
  return new Attrs(plan.shape, values);
}

function override(left: readonly Lazy[], right: readonly Lazy[], targets: ArrayLike<number>): Lazy[] {
  const values = left.slice();
  for (let index = 0; index < right.length; index++) values[targets[index] as number] = right[index] as Lazy;
  return values;
}

const blanks: (readonly null[])[] = [];

/** An array to fill: copies of one that has no holes are allocated in one piece and have none. */
function blankValues(count: number): Lazy[] {
  let blank = blanks[count];
  if (blank === undefined) {
    const made: null[] = [];
    while (made.length < count) made.push(null);
    blanks[count] = made;
    blank = made;
  }
  return blank.slice();
}

/** A merge that is not to be remembered: sets from data, large sets. */
function mergeOnce(left: Attrs, right: Attrs): Attrs {
  const places = placesIn(left.keys, right.keys);
  const overlap = right.size - places.added;
  if (overlap === left.size) return right;
  if (places.added === 0) {
    return new Attrs(left.shape.overriddenOnce(right.shape, places.at), override(left.values, right.values, places.at));
  }
  const size = left.size + places.added;
  const splice = <T>(a: readonly T[], b: readonly T[]): T[] => merged(left.keys, right.keys, places, a, b, size);
  const keys = splice(left.keys, right.keys);
  const values = splice(left.values, right.values);
  const positions = (): number[] => splice(left.shape.allPositions(), right.shape.allPositions());
  return new Attrs(left.shape.extendedOnce(right.shape, keys, positions), values);
}

/** Of two arrays that belong to `leftKeys` and `rightKeys`, the one that belongs to the merged keys. */
function merged<T>(
  leftKeys: readonly string[],
  rightKeys: readonly string[],
  { at: places }: Places,
  left: readonly T[],
  right: readonly T[],
  size: number,
): T[] {
  // Of the right size or a little larger, and without holes.
  const result = left.concat(right);
  let from = 0;
  let to = 0;
  for (let index = 0; index < rightKeys.length; index++) {
    const at = places[index] as number;
    while (from < at) result[to++] = left[from++] as T;
    result[to++] = right[index] as T;
    if (leftKeys[at] === rightKeys[index]) from++;
  }
  while (from < left.length) result[to++] = left[from++] as T;
  result.length = size;
  return result;
}

/** Of names and values in any order; of equal names the first wins. */
export function attrsFromPairs(
  names: readonly string[],
  values: readonly Lazy[],
  positions: readonly number[] | null = null,
): Attrs {
  if (names.length === 0) return emptyAttrs;
  if (isStrictlySorted(names)) return new Attrs(new Shape(names, positions, false), values.slice());
  const order = names.map((_name, index) => index);
  order.sort((a, b) => compareNames(names[a] as string, names[b] as string) || a - b);
  const keys: string[] = [];
  const sorted: Lazy[] = [];
  const places: number[] = [];
  for (const index of order) {
    const name = names[index] as string;
    if (keys.length > 0 && keys[keys.length - 1] === name) continue;
    keys.push(name);
    sorted.push(values[index] as Lazy);
    if (positions !== null) places.push(positions[index] ?? 0);
  }
  return new Attrs(new Shape(keys, positions === null ? null : places, false), sorted);
}

function isStrictlySorted(names: readonly string[]): boolean {
  for (let index = 1; index < names.length; index++) {
    if (!((names[index - 1] as string) < (names[index] as string))) return false;
  }
  return true;
}

const objectShapes = new Map<string, ReturnType<typeof sortedShape>>();

/** Of names that stand in the program: one shape for all sets made in the same place, so that selects remember it. */
export function attrsFromObject(entries: Readonly<Record<string, Lazy>>): Attrs {
  const names = Object.keys(entries);
  const key = names.join(" ");
  let known = objectShapes.get(key);
  if (known === undefined) {
    known = sortedShape(names, null, true);
    objectShapes.set(key, known);
  }
  const values = Object.values(entries);
  return new Attrs(
    known.shape,
    known.order.map((index) => values[index] as Lazy),
  );
}

/** The attributes whose index is accepted; positions stay. */
export function filterByIndex(attrs: Attrs, accept: (index: number) => boolean): Attrs {
  const { shape } = attrs;
  const keys: string[] = [];
  const values: Lazy[] = [];
  const positions: number[] | null = shape.hasPositions ? [] : null;
  for (let index = 0; index < shape.keys.length; index++) {
    if (!accept(index)) continue;
    keys.push(shape.keys[index] as string);
    values.push(attrs.values[index] as Lazy);
    positions?.push(shape.position(index));
  }
  if (keys.length === attrs.size) return attrs;
  return keys.length === 0 ? emptyAttrs : new Attrs(new Shape(keys, positions, false), values);
}
