/**
 * What has to be built for some targets: one goal for each derivation that lacks an output somebody wants, linked to the
 * goals it waits for. A derivation whose wanted outputs are all valid is no goal, and nobody looks at its inputs.
 */
import type { Derivation } from "../formats/derivation-type.ts";
import { derivationName } from "../formats/store-path.ts";
import type { LocalStore } from "../local/store-interface.ts";
import { AppError } from "../std/app-error.ts";
import { isDownload } from "./derivation-traits.ts";
import type { BuildMode, BuildOutcome, BuildTarget } from "./events.ts";

export interface Goal {
  readonly drvPath: string;
  readonly name: string;
  readonly derivation: Derivation;
  /** Whether it is built although its outputs are valid, and what becomes of them then. */
  readonly mode: BuildMode;
  readonly dependents: Goal[];
  /** Inputs that are not built yet. */
  pendingInputs: number;
  /** Size of its inputs, as far as they are made, each divided among its users: a measure of how long it may take. */
  inputBytes: number;
  /** Outputs of its inputs that are not built but fetched. */
  readonly fetchedInputs: string[];
  outcome: BuildOutcome | null;
}

export interface GoalGraph {
  /** By `.drv` path, in the order they were found. */
  readonly goals: ReadonlyMap<string, Goal>;
  /** Every derivation that was looked at, so that results can be told for targets that are no goals. */
  readonly derivations: ReadonlyMap<string, Derivation>;
}

interface Want {
  readonly drvPath: string;
  readonly outputs: readonly string[] | null;
  readonly dependent: Goal | null;
}

/**
 * @param given derivations that need not be in the store
 * @param fetched output paths that need not be built
 * @param mode of the targets
 * @throws AppError when a `.drv` is not in the store, lacks a wanted output, or has one whose path only its build would tell
 */
export function planGoals(
  store: LocalStore,
  targets: readonly BuildTarget[],
  given: ReadonlyMap<string, Derivation> = new Map(),
  fetched: ReadonlySet<string> = new Set(),
  mode: BuildMode = "normal",
): GoalGraph {
  const goals = new Map<string, Goal>();
  const derivations = new Map<string, Derivation>(given);
  const wants: Want[] = targets.map(({ drvPath, outputs }) => ({ drvPath, outputs: outputs ?? null, dependent: null }));
  for (let want = wants.pop(); want !== undefined; want = wants.pop()) {
    const derivation = derivations.get(want.drvPath) ?? openDerivation(store, want.drvPath);
    derivations.set(want.drvPath, derivation);
    let goal = goals.get(want.drvPath);
    const wantMode = want.dependent === null ? mode : "normal";
    const isMissing = missingOutputs(store, derivation, want).some((path) => !fetched.has(path));
    if (goal === undefined && (isMissing || wantMode !== "normal")) {
      goal = newGoal(want.drvPath, derivation, wantMode);
      goals.set(want.drvPath, goal);
      for (const [drvPath, outputs] of derivation.inputDrvs) wants.push({ drvPath, outputs, dependent: goal });
    }
    if (want.dependent === null) continue;
    if (goal !== undefined) link(goal, want.dependent);
    else noteFetched(derivation, want, fetched);
    if (goal === undefined && isDownload(derivation)) want.dependent.inputBytes += sizeOfOutputs(store, derivation);
  }
  return { goals, derivations };
}

/** Kept from a collection from here on; that keeps its sources too. */
export function openDerivation(store: LocalStore, drvPath: string): Derivation {
  store.addTempRoot(drvPath);
  return store.readDerivation(drvPath);
}

/** Of those that are valid. */
export function sizeOfOutputs(store: LocalStore, derivation: Derivation): number {
  const sizes = [...derivation.outputs.values()].map(({ path }) => store.queryPathInfo(path)?.narSizeBytes ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0);
}

function newGoal(drvPath: string, derivation: Derivation, mode: BuildMode): Goal {
  return {
    drvPath,
    name: derivationName(drvPath),
    derivation,
    mode,
    dependents: [],
    pendingInputs: 0,
    inputBytes: 0,
    fetchedInputs: [],
    outcome: null,
  };
}

function link(goal: Goal, dependent: Goal): void {
  goal.dependents.push(dependent);
  dependent.pendingInputs += 1;
}

function noteFetched(derivation: Derivation, { outputs, dependent }: Want, fetched: ReadonlySet<string>): void {
  for (const name of outputs ?? derivation.outputs.keys()) {
    const path = derivation.outputs.get(name)?.path ?? "";
    if (fetched.has(path)) dependent?.fetchedInputs.push(path);
  }
}

/** Paths of the wanted outputs that are not valid. */
export function missingOutputs(
  store: LocalStore,
  derivation: Derivation,
  want: Pick<Want, "drvPath" | "outputs">,
): string[] {
  return (want.outputs ?? [...derivation.outputs.keys()]).flatMap((name) => {
    const output = derivation.outputs.get(name);
    if (output === undefined) {
      throw new AppError("STORE_NO_SUCH_OUTPUT", `Derivation '${want.drvPath}' has no output '${name}'`, {
        hint: `It has: ${[...derivation.outputs.keys()].join(", ")}`,
      });
    }
    if (output.path === "") {
      throw new AppError(
        "STORE_UNKNOWN_OUTPUT_PATH",
        `Cannot build '${want.drvPath}': its output '${name}' has no path yet`,
        {
          hint: "Content-addressed and impure outputs, and what depends on them, can be evaluated but not built so far",
        },
      );
    }
    // first a root, then the question: so it stays as the answer says
    store.addTempRoot(output.path);
    return store.isValidPath(output.path) ? [] : [output.path];
  });
}
