/** Attribute sets: a {@link Shape} (names) and an array of values in the shape's order. */
import { compareNames, emptyShape, type MergePlan, Shape } from "./shape.ts";
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
  return applyPlan(left.shape.mergePlan(right.shape), left.values, right.values);
}

function applyPlan(plan: MergePlan, left: readonly Lazy[], right: readonly Lazy[]): Attrs {
  const { sources } = plan;
  const values = plan.template.slice();
  for (let index = 0; index < sources.length; index++) {
    const source = sources[index] as number;
    values[index] = (source >= 0 ? right[source] : left[~source]) as Lazy;
  }
  return new Attrs(plan.shape, values);
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

export function attrsFromObject(entries: Readonly<Record<string, Lazy>>): Attrs {
  return attrsFromPairs(Object.keys(entries), Object.values(entries));
}

/** The attributes whose index is accepted; positions stay. */
export function filterByIndex(attrs: Attrs, accept: (index: number) => boolean): Attrs {
  const { shape } = attrs;
  const keys: string[] = [];
  const values: Lazy[] = [];
  const positions: number[] | null = shape.positions === null ? null : [];
  for (let index = 0; index < shape.keys.length; index++) {
    if (!accept(index)) continue;
    keys.push(shape.keys[index] as string);
    values.push(attrs.values[index] as Lazy);
    positions?.push(shape.position(index));
  }
  if (keys.length === attrs.size) return attrs;
  return keys.length === 0 ? emptyAttrs : new Attrs(new Shape(keys, positions, false), values);
}
