/**
 * What some targets take: paths to fetch from caches, and derivations to build. Derivations are looked at from the targets
 * down, a level at a time; where all wanted outputs can be fetched, nobody looks at the inputs.
 */
import type { Derivation } from "../formats/derivation-type.ts";
import type { LocalStore } from "../local/store-interface.ts";
import { compareBytes } from "../std/byte-string.ts";
import type { MissingPaths } from "../stores/store.ts";
import type { Offer, Substituters } from "../substitute/substituters.ts";
import { SubstitutionPlanner } from "../substitute/substitution-plan.ts";
import type { BuildMode, BuildTarget } from "./events.ts";
import { type GoalGraph, missingOutputs, openDerivation, planGoals } from "./goal-graph.ts";
import { structuredAttributes } from "./structured-attributes.ts";

export interface RunPlan {
  readonly graph: GoalGraph;
  /** References first. */
  readonly fetches: ReadonlyMap<string, Offer>;
  /** Of the paths that were asked for besides: those that nobody has. */
  readonly unknown: readonly string[];
}

export interface PlanRunOptions {
  readonly substituters?: Substituters | null;
  readonly derivations?: ReadonlyMap<string, Derivation>;
  readonly paths?: readonly string[];
  readonly mode?: BuildMode;
  /** Paths that could not be fetched. */
  readonly except?: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

interface Want {
  readonly drvPath: string;
  readonly outputs: readonly string[] | null;
}

/** @throws AppError as `planGoals` does */
export async function planRun(
  store: LocalStore,
  targets: readonly BuildTarget[],
  options: PlanRunOptions,
): Promise<RunPlan> {
  const { substituters, derivations, paths = [], mode } = options;
  if (substituters === undefined || substituters === null) {
    const unknown = paths.filter((path) => !store.isValidPath(path));
    return { graph: planGoals(store, targets, derivations, new Set(), mode), fetches: new Map(), unknown };
  }
  const planner = new SubstitutionPlanner(store, substituters, options);
  const wants = targets.map(({ drvPath, outputs = null }) => ({ drvPath, outputs }));
  const search = new FetchSearch(store, planner, { derivations, alwaysAllow: substituters.options.alwaysAllow });
  const fetched = await search.run(wants);
  const available = await planner.available(paths);
  return {
    graph: planGoals(store, targets, derivations, fetched, mode),
    fetches: planner.closure([...fetched, ...available]),
    unknown: paths.filter((path) => !available.has(path)),
  };
}

/** The same as an answer: derivations in the order that they would be built. */
export async function planMissing(
  store: LocalStore,
  targets: readonly BuildTarget[],
  options: { readonly substituters: Substituters | null; readonly paths: readonly string[] },
): Promise<MissingPaths> {
  const plan = await planRun(store, targets, { ...options, signal: new AbortController().signal });
  const { downloadBytes, narSizeBytes } = sizesOf(plan.fetches);
  return {
    willBuild: buildOrder(plan.graph),
    willSubstitute: [...plan.fetches.keys()].sort(compareBytes),
    unknown: plan.unknown,
    downloadSizeBytes: downloadBytes,
    narSizeBytes,
  };
}

function buildOrder({ goals }: GoalGraph): string[] {
  const sorted = new Set<string>();
  const visit = (drvPath: string): void => {
    const goal = goals.get(drvPath);
    if (goal === undefined || sorted.has(drvPath)) return;
    for (const input of goal.derivation.inputDrvs.keys()) visit(input);
    sorted.add(drvPath);
  };
  for (const drvPath of goals.keys()) visit(drvPath);
  return [...sorted];
}

export function sizesOf(fetches: RunPlan["fetches"]): { downloadBytes: number; narSizeBytes: number } {
  const infos = [...fetches.values()].map(({ info }) => info);
  return {
    downloadBytes: infos.reduce((sum, { fileSizeBytes }) => sum + (fileSizeBytes ?? 0), 0),
    narSizeBytes: infos.reduce((sum, { narSizeBytes }) => sum + narSizeBytes, 0),
  };
}

/** Finds the outputs that can be fetched in place of being built. */
class FetchSearch {
  readonly #store: LocalStore;
  readonly #planner: SubstitutionPlanner;
  readonly #derivations: Map<string, Derivation>;
  readonly #alwaysAllow: boolean;
  readonly #seen = new Set<string>();
  readonly #built = new Set<string>();
  readonly #fetched = new Map<string, readonly string[]>();

  constructor(
    store: LocalStore,
    planner: SubstitutionPlanner,
    options: { readonly derivations: ReadonlyMap<string, Derivation> | undefined; readonly alwaysAllow: boolean },
  ) {
    this.#store = store;
    this.#planner = planner;
    this.#derivations = new Map(options.derivations);
    this.#alwaysAllow = options.alwaysAllow;
  }

  /** Output paths to fetch. */
  async run(targets: readonly Want[]): Promise<Set<string>> {
    let level = targets;
    while (level.length > 0) level = await this.#decide(level.filter((want) => this.#isNew(want)));
    // what is built for another's sake brings all of its outputs
    const rest = [...this.#fetched].filter(([drvPath]) => !this.#built.has(drvPath));
    return new Set(rest.flatMap(([, paths]) => paths));
  }

  #isNew({ drvPath, outputs }: Want): boolean {
    const key = `${drvPath}!${outputs?.join(",") ?? "*"}`;
    if (this.#built.has(drvPath) || this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }

  /** Returns what those need that have to be built. */
  async #decide(wants: readonly Want[]): Promise<Want[]> {
    const asked = wants.map((want) => {
      const derivation = this.#open(want.drvPath);
      return { want, derivation, missing: missingOutputs(this.#store, derivation, want) };
    });
    const lacking = asked.filter(({ missing }) => missing.length > 0);
    const candidates = lacking.filter(({ derivation }) => this.#mayFetch(derivation));
    const available = await this.#planner.available(candidates.flatMap(({ missing }) => missing));
    const next: Want[] = [];
    for (const { want, derivation, missing } of lacking) {
      if (this.#mayFetch(derivation) && missing.every((path) => available.has(path))) {
        this.#fetched.set(want.drvPath, [...(this.#fetched.get(want.drvPath) ?? []), ...missing]);
      } else if (!this.#built.has(want.drvPath)) {
        this.#built.add(want.drvPath);
        for (const [drvPath, outputs] of derivation.inputDrvs) next.push({ drvPath, outputs });
      }
    }
    return next;
  }

  #open(drvPath: string): Derivation {
    const derivation = this.#derivations.get(drvPath) ?? openDerivation(this.#store, drvPath);
    this.#derivations.set(drvPath, derivation);
    return derivation;
  }

  /** `allowSubstitutes`: some say that building them is quicker than asking. */
  #mayFetch(derivation: Derivation): boolean {
    if (this.#alwaysAllow) return true;
    const structured = structuredAttributes(derivation);
    if (structured !== null) return structured.boolean("allowSubstitutes") !== false;
    const text = derivation.env.get("allowSubstitutes");
    return text === undefined || text === "1";
  }
}
