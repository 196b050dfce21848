import type { Shape } from "../value/shape.ts";

/** Looks one name up in sets, remembering the last shape and what was found there (also nothing): an inline cache. */
export class NameLookup {
  readonly name: string;
  #shape: Shape | null = null;
  #index = -1;

  constructor(name: string) {
    this.name = name;
  }

  /** Index of the name, or -1. */
  in(shape: Shape): number {
    if (shape === this.#shape) return this.#index;
    const index = shape.indexOf(this.name);
    this.#shape = shape;
    this.#index = index;
    return index;
  }
}
