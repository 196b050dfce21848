/**
 * The names of an attribute set, sorted, with the position each was defined at. Sets made by one literal share one shape,
 * `//` of two shapes is worked out once and then replayed by index, and a select site remembers the last shape it saw:
 * hidden classes, for Nix.
 *
 * `stable` shapes come from source text (literals, and what small numbers of those combine to), so there are few of them
 * and remembering things about them pays. Others (`listToAttrs`, `//` of big sets) are used and forgotten.
 */
/**
 * How to combine the values of two sets. Where the right one brings no new name, `targets` has the place of each of its
 * values in a copy of the left one; else `sources` has for each place the index in the right set or `~index` in the left.
 * Where the right one has all names of the left one, `shape` is its own.
 */
export type MergePlan =
  | { readonly shape: Shape; readonly targets: readonly number[]; readonly sources: null }
  | { readonly shape: Shape; readonly targets: null; readonly sources: readonly number[] };

const linearLimit = 6;
const maxStableKeys = 128;
const maxMerges = 64;

const minLookedUp = 2048;

/** A shape that is the result of more `//` than this is one of data: a fold would make new ones for ever. */
const maxOriginDepth = 32;

/** What else is known of a shape when it is made. */
interface ShapeSource {
  /** The two that it came from by `//`. */
  readonly left?: Shape;
  readonly right?: Shape;
  /** One with the same `keys`. */
  readonly namesake?: Shape;
}

export class Shape {
  readonly keys: readonly string[];
  readonly stable: boolean;
  readonly #positions: readonly number[] | null;
  /** Positions of a stable shape that `//` made are looked up in what it came from: they are seldom asked for. */
  readonly #left: Shape | null;
  readonly #right: Shape | null;
  readonly #depth: number;
  /** Has the same `keys`, and the index of them for all that do. */
  readonly #namesake: Shape;
  #index: Map<string, number> | null = null;
  #lookups = 0;
  /** The first merge that was remembered, and the others: most shapes see just one. */
  #mergedWith: Shape | null = null;
  #mergePlan: MergePlan | null = null;
  #merges: Map<Shape, MergePlan> | null = null;
  #withoutPositions: Shape | null = null;

  /** `keys` must be sorted and distinct. */
  constructor(
    keys: readonly string[],
    positions: readonly number[] | null,
    stable: boolean,
    source: ShapeSource = noSource,
  ) {
    this.keys = keys;
    this.stable = stable;
    this.#positions = positions;
    this.#left = source.left ?? null;
    this.#right = source.right ?? null;
    this.#depth = this.#left === null ? 0 : this.#left.#depth + 1;
    this.#namesake = source.namesake === undefined ? this : source.namesake.#namesake;
  }

  /** Index of a name, or -1. */
  indexOf(name: string): number {
    const { keys } = this;
    if (keys.length <= linearLimit) return keys.indexOf(name);
    return this.#namesake.#find(name);
  }

  #find(name: string): number {
    const index = this.#index;
    if (index !== null) {
      const found = index.get(name);
      return found === undefined ? -1 : found;
    }
    const { keys } = this;
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

  get hasPositions(): boolean {
    return this.#positions !== null || this.#left !== null;
  }

  /** 0 when it is not known. */
  position(index: number): number {
    if (this.#positions !== null) return this.#positions[index] ?? 0;
    const name = this.keys[index];
    if (name === undefined) return 0;
    let shape: Shape = this;
    for (;;) {
      const left: Shape | null = shape.#left;
      const right = shape.#right;
      if (left === null || right === null) return shape.#positions?.[shape.indexOf(name)] ?? 0;
      shape = right.indexOf(name) >= 0 ? right : left;
    }
  }

  /** Of all names, in their order. */
  allPositions(): readonly number[] {
    if (this.#positions !== null) return this.#positions;
    const positions: number[] = [];
    for (let index = 0; index < this.keys.length; index++) positions.push(this.position(index));
    return positions;
  }

  /** For sets computed from this one that keep its names only (`mapAttrs`). */
  withoutPositions(): Shape {
    if (!this.hasPositions) return this;
    this.#withoutPositions ??= new Shape(this.keys, null, this.stable, { namesake: this });
    return this.#withoutPositions;
  }

  /** The same names, some of them defined elsewhere: `right` has those at `targets`. */
  overriddenOnce(right: Shape, targets: Int32Array): Shape {
    let same = true;
    for (let index = 0; same && index < right.keys.length; index++) {
      same = this.position(targets[index] as number) === right.position(index);
    }
    if (same) return this;
    if (this.#looksUpPositions(this.keys.length)) {
      return new Shape(this.keys, null, false, { left: this, right, namesake: this });
    }
    const positions = this.allPositions().slice();
    for (let index = 0; index < right.keys.length; index++) positions[targets[index] as number] = right.position(index);
    return new Shape(this.keys, positions, false, { namesake: this });
  }

  /** The shape of `this // right`, whose keys are known; `makePositions` is called when they are to be kept. */
  extendedOnce(right: Shape, keys: readonly string[], makePositions: () => readonly number[]): Shape {
    if (!this.hasPositions && !right.hasPositions) return new Shape(keys, null, false);
    if (this.#looksUpPositions(keys.length)) return new Shape(keys, null, false, { left: this, right });
    return new Shape(keys, makePositions(), false);
  }

  /**
   * Large sets look their positions up where they came from, as those of source text do: package sets in many versions are
   * kept by what refers to them anyway. Smaller ones are often steps of a fold, which would keep all before it.
   */
  #looksUpPositions(size: number): boolean {
    return size >= minLookedUp && this.#depth < maxOriginDepth;
  }

  /** Of two stable shapes: worked out once. Null when that would not pay. */
  mergePlan(right: Shape): MergePlan | null {
    if (this.#mergedWith === right) return this.#mergePlan;
    const known = this.#merges?.get(right);
    if (known !== undefined) return known;
    if (this.keys.length + right.keys.length > maxStableKeys || (this.#merges?.size ?? 0) >= maxMerges) return null;
    if (this.#depth >= maxOriginDepth) return null;
    const plan = this.#makePlan(right);
    if (this.#mergedWith === null) {
      this.#mergedWith = right;
      this.#mergePlan = plan;
    } else {
      this.#merges ??= new Map();
      this.#merges.set(right, plan);
    }
    return plan;
  }

  #makePlan(right: Shape): MergePlan {
    const places = placesIn(this.keys, right.keys);
    if (right.keys.length - places.added === this.keys.length) return { shape: right, targets: [], sources: null };
    if (places.added === 0) {
      const targets = Array.from(places.at.subarray(0, right.keys.length));
      return { shape: this.#overriddenBy(right, targets), targets, sources: null };
    }
    const sources = mergeSources(this.keys, right.keys, places);
    const keys = sources.map((source) => (source >= 0 ? right.keys[source] : this.keys[~source]) as string);
    return { shape: new Shape(keys, null, true, this.#origin(right)), targets: null, sources };
  }

  #origin(right: Shape): ShapeSource {
    return this.hasPositions || right.hasPositions ? { left: this, right } : noSource;
  }

  /** The shape of `this // right` when all names of `right` are here. */
  #overriddenBy(right: Shape, targets: readonly number[]): Shape {
    if (targets.every((target, index) => this.position(target) === right.position(index))) return this;
    // Overriding what was overridden before is as if it had not been, so that a fold comes back to the same shapes.
    const hidesLast = this.#right?.keys.every((name) => right.indexOf(name) >= 0) === true;
    const before = hidesLast ? this.#left?.mergePlan(right) : null;
    return before?.shape ?? new Shape(this.keys, null, true, { left: this, right, namesake: this });
  }
}

const noSource: ShapeSource = {};

export const emptyShape: Shape = new Shape([], null, true);

function binarySearch(keys: readonly string[], name: string): number {
  const at = lowerBound(keys, name, 0);
  return keys[at] === name ? at : -1;
}

/** Where the names of one set are in another: the index of the name, or of the one that it would come before. */
export interface Places {
  /** Good until the next merge. */
  readonly at: Int32Array;
  /** How many are not there. */
  readonly added: number;
}

let scratch = new Int32Array(1024);

/** Small sets are put into large ones by searching; sets of like size are walked side by side. */
export function placesIn(left: readonly string[], right: readonly string[]): Places {
  const search = right.length * 8 < left.length;
  if (scratch.length < right.length) scratch = new Int32Array(right.length * 2);
  const at = scratch;
  let from = 0;
  let added = 0;
  for (let index = 0; index < right.length; index++) {
    const name = right[index] as string;
    from = search ? lowerBound(left, name, from) : scanTo(left, name, from);
    at[index] = from;
    if (left[from] !== name) added++;
  }
  return { at, added };
}

function mergeSources(left: readonly string[], right: readonly string[], places: Places): number[] {
  const sources: number[] = [];
  let from = 0;
  for (let index = 0; index < right.length; index++) {
    const at = places.at[index] as number;
    for (; from < at; from++) sources.push(~from);
    sources.push(index);
    if (left[at] === right[index]) from++;
  }
  for (; from < left.length; from++) sources.push(~from);
  return sources;
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
