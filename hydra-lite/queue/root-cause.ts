import type { FailureReason } from "../model/build-status.ts";
import type { JobStore } from "./job-store.ts";

export interface StepFailure {
  readonly drvPath: string;
  readonly name: string;
  readonly error: FailureReason;
}

/** The failed step nearest to a derivation among all that it needs; null when none of them failed. */
export function findRootCause(
  store: Pick<JobStore, "readDerivation">,
  drvPath: string,
  failures: ReadonlyMap<string, StepFailure>,
): StepFailure | null {
  const seen = new Set([drvPath]);
  // A set hands out what is added while it is walked: breadth first.
  for (const current of seen) {
    const failure = failures.get(current);
    if (failure !== undefined) {
      return failure;
    }
    for (const input of store.readDerivation(current).inputDrvs.keys()) {
      seen.add(input);
    }
  }
  return null;
}
