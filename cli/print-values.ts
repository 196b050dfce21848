/** Evaluates what was named and prints each value on a line; what `firn eval` and `nix-instantiate --eval` share. */
import { type EvaluateOptions, type EvaluationAnswer, evaluate } from "#evaluator/api.ts";
import { type Installable, realiseImports } from "./instantiate.ts";
import { openStore, rootOf } from "./open-store.ts";

type Evaluation = Omit<EvaluateOptions, "source" | "attributePath" | "root" | "realise">;

export interface EvaluationContext {
  readonly storeFlag: string | undefined;
  readonly signal: AbortSignal;
}

export async function printValues(
  installables: readonly Installable[],
  options: Evaluation,
  context: EvaluationContext,
): Promise<void> {
  // A raw string is printed as it is, without a line end of ours.
  const end = options.output.type === "value" && options.output.format === "raw" ? "" : "\n";
  for (const { source, attributePaths } of installables) {
    for (const attributePath of attributePaths.length === 0 ? [""] : attributePaths) {
      const answer = await evaluateHere({ ...options, source, attributePath }, context);
      if (answer.type === "value") process.stdout.write(answer.text + end);
    }
  }
}

/** Evaluates in the store that the flags name, which is opened only when the evaluation reads out of a derivation. */
export async function evaluateHere(
  options: Omit<EvaluateOptions, "root" | "realise">,
  { storeFlag, signal }: EvaluationContext,
): Promise<EvaluationAnswer> {
  return evaluate({
    ...options,
    root: await rootOf(storeFlag),
    signal,
    realise: async (requests) => {
      const store = await openStore(storeFlag);
      try {
        await realiseImports(store, requests, signal);
      } finally {
        store.close();
      }
    },
  });
}
