/**
 * The names of an attribute set, sorted, with the position each was defined at. Sets made by one literal share one shape,
 * `//` of two shapes is worked out once and then replayed by index, and a select site remembers the last shape it saw:
 * hidden classes, for Nix.
 *
 * `stable` shapes come from source text (literals, and what small numbers of those combine to), so there are few of them
 * and remembering things about them pays. Others (`listToAttrs`, `//` of big sets) are used and forgotten.
 */
import type { Lazy } from "./value.ts";

/** How to combine the values of two sets: index in the right set, or `~index` in the left one. */
export interface MergePlan {
  readonly shape: Shape;
  readonly sources: Int32Array;
  /** An array to copy: copies are allocated in one piece and stay packed. */
  readonly template: Lazy[];
}

const linearLimit = 6;
const maxStableKeys = 128;
const maxMerges = 64;

export class Shape {
  readonly keys: readonly string[];
  readonly positions: readonly number[] | null;
  readonly stable: boolean;
  #index: Map<string, number> | null = null;
  #lookups = 0;
  #merges: Map<Shape, MergePlan> | null = null;
  #withoutPositions: Shape | null = null;

  /** `keys` must be sorted and distinct. */
  constructor(keys: readonly string[], positions: readonly number[] | null, stable: boolean) {
    this.keys = keys;
    this.positions = positions;
    this.stable = stable;
  }

  /** Index of a name, or -1. */
  indexOf(name: string): number {
    const index = this.#index;
    if (index !== null) {
      const found = index.get(name);
      return found === undefined ? -1 : found;
    }
    const { keys } = this;
    if (keys.length <= linearLimit) return keys.indexOf(name);
    // A map costs as much as some searches, and most big sets without one are only asked a few times.
    if (this.#lookups++ * 8 > keys.length) return this.#buildIndex().get(name) ?? -1;
    return binarySearch(keys, name);
  }

  #buildIndex(): Map<string, number> {
    const index = new Map<string, number>();
    for (let at = 0; at < this.keys.length; at++) index.set(this.keys[at] as string, at);
    this.#index = index;
    return index;
  }

  position(index: number): number {
    return this.positions?.[index] ?? 0;
  }

  /** For sets computed from this one that keep its names only (`mapAttrs`). */
  withoutPositions(): Shape {
    if (this.positions === null) return this;
    this.#withoutPositions ??= new Shape(this.keys, null, this.stable);
    return this.#withoutPositions;
  }

  mergePlan(right: Shape): MergePlan {
    if (!this.stable || !right.stable) return makeMergePlan(this, right, false);
    const known = this.#merges?.get(right);
    if (known !== undefined) return known;
    const keep = this.keys.length + right.keys.length <= maxStableKeys && (this.#merges?.size ?? 0) < maxMerges;
    const plan = makeMergePlan(this, right, keep);
    if (keep) {
      this.#merges ??= new Map();
      this.#merges.set(right, plan);
    }
    return plan;
  }
}

export const emptyShape: Shape = new Shape([], null, true);

function binarySearch(keys: readonly string[], name: string): number {
  let low = 0;
  let high = keys.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const key = keys[middle] as string;
    if (key === name) return middle;
    if (key < name) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Gathers the keys of a merged shape, and where the value of each comes from. */
class MergeWriter {
  readonly #left: Shape;
  readonly #right: Shape;
  readonly #keys: string[];
  readonly #positions: number[] | null;
  readonly #sources: Int32Array;
  #count = 0;

  constructor(left: Shape, right: Shape) {
    const size = left.keys.length + right.keys.length;
    this.#left = left;
    this.#right = right;
    this.#keys = new Array(size);
    this.#positions = left.positions === null && right.positions === null ? null : new Array(size);
    this.#sources = new Int32Array(size);
  }

  takeLeft(from: number, end: number): void {
    const { keys, positions } = this.#left;
    let at = this.#count;
    for (let index = from; index < end; index++) {
      this.#keys[at] = keys[index] as string;
      if (this.#positions !== null) this.#positions[at] = positions === null ? 0 : (positions[index] as number);
      this.#sources[at++] = ~index;
    }
    this.#count = at;
  }

  takeRight(index: number): void {
    const at = this.#count++;
    this.#keys[at] = this.#right.keys[index] as string;
    if (this.#positions !== null) this.#positions[at] = this.#right.position(index);
    this.#sources[at] = index;
  }

  finish(stable: boolean): MergePlan {
    const count = this.#count;
    this.#keys.length = count;
    if (this.#positions !== null) this.#positions.length = count;
    return {
      shape: new Shape(this.#keys, this.#positions, stable),
      sources: this.#sources.subarray(0, count),
      template: Array<null>(count).fill(null).slice(),
    };
  }
}

/** Small sets are put into large ones by searching; sets of like size are walked side by side. */
function makeMergePlan(left: Shape, right: Shape, stable: boolean): MergePlan {
  const writer = new MergeWriter(left, right);
  const leftKeys = left.keys;
  const rightKeys = right.keys;
  const search = rightKeys.length * 8 < leftKeys.length;
  let at = 0;
  for (let other = 0; other < rightKeys.length; other++) {
    const name = rightKeys[other] as string;
    const end = search ? lowerBound(leftKeys, name, at) : scanTo(leftKeys, name, at);
    writer.takeLeft(at, end);
    writer.takeRight(other);
    at = leftKeys[end] === name ? end + 1 : end;
  }
  writer.takeLeft(at, leftKeys.length);
  return writer.finish(stable);
}

function scanTo(keys: readonly string[], name: string, from: number): number {
  let at = from;
  while (at < keys.length && (keys[at] as string) < name) at++;
  return at;
}

/** Index of the first key that is not before `name`. */
function lowerBound(keys: readonly string[], name: string, from: number): number {
  let low = from;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A shape of any names, and the order that sorts values given in the order of `names`. */
export function sortedShape(
  names: readonly string[],
  positions: readonly number[] | null,
  stable: boolean,
): { readonly shape: Shape; readonly order: readonly number[] } {
  const order = names.map((_name, index) => index);
  order.sort((a, b) => compareNames(names[a] as string, names[b] as string));
  const keys = order.map((index) => names[index] as string);
  const sortedPositions = positions === null ? null : order.map((index) => positions[index] as number);
  return { shape: new Shape(keys, sortedPositions, stable), order };
}

export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a === b ? 0 : 1;
}
