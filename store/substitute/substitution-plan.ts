/**
 * What of some paths caches can bring, with all that it refers to. Questions go out a level of references at a time,
 * hundreds at once; a path whose references cannot all be had is not to be had either.
 */
import type { LocalStore } from "../local/store-interface.ts";
import type { Offer, Substituters } from "./substituters.ts";

export interface PlannerOptions {
  readonly signal: AbortSignal;
  /** Paths that could not be fetched after all. */
  readonly except?: ReadonlySet<string>;
}

export class SubstitutionPlanner {
  readonly #store: LocalStore;
  readonly #substituters: Substituters;
  readonly #options: PlannerOptions;
  /** Null: no cache has it. Valid paths are not in here. */
  readonly #offers = new Map<string, Offer | null>();
  readonly #valid = new Set<string>();
  readonly #verdicts = new Map<string, boolean | "open">();

  constructor(store: LocalStore, substituters: Substituters, options: PlannerOptions) {
    this.#store = store;
    this.#substituters = substituters;
    this.#options = options;
  }

  /** Those of the paths that are valid or can be fetched with their closures. */
  async available(paths: readonly string[]): Promise<ReadonlySet<string>> {
    let level = paths;
    while (level.length > 0) level = await this.#ask(level);
    return new Set(paths.filter((path) => this.#isAvailable(path)));
  }

  /** Looks up what is not known yet; returns what that refers to. */
  async #ask(paths: readonly string[]): Promise<string[]> {
    const asked = [...new Set(paths)].filter((path) => !this.#isKnown(path));
    const { signal, except } = this.#options;
    const lookUp = async (path: string): Promise<Offer | null> =>
      except?.has(path) === true ? null : await this.#substituters.lookUp(path, signal);
    const offers = await Promise.all(asked.map(lookUp));
    for (const [index, path] of asked.entries()) this.#offers.set(path, offers[index] ?? null);
    return offers.flatMap((offer) => offer?.info.references ?? []);
  }

  #isKnown(path: string): boolean {
    if (this.#valid.has(path) || this.#offers.has(path)) return true;
    // first a root, then the question: so it stays as the answer says
    this.#store.addTempRoot(path);
    if (!this.#store.isValidPath(path)) return false;
    this.#valid.add(path);
    return true;
  }

  #isAvailable(path: string): boolean {
    if (this.#valid.has(path)) return true;
    const known = this.#verdicts.get(path);
    // what refers to itself through others cannot be registered
    if (known !== undefined) return known === true;
    const offer = this.#offers.get(path) ?? null;
    this.#verdicts.set(path, "open");
    const isHad = (reference: string): boolean => reference === path || this.#isAvailable(reference);
    const isAvailable = offer?.info.references.every(isHad) === true;
    this.#verdicts.set(path, isAvailable);
    return isAvailable;
  }

  /** What has to be fetched for these available paths, references first. */
  closure(paths: Iterable<string>): Map<string, Offer> {
    const sorted = new Map<string, Offer>();
    const seen = new Set<string>();
    const visit = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      const offer = this.#offers.get(path) ?? null;
      if (offer === null) return;
      for (const reference of offer.info.references) visit(reference);
      sorted.set(path, offer);
    };
    for (const path of paths) visit(path);
    return sorted;
  }
}
