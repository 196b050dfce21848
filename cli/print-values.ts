/** Evaluates what was named and prints each value on a line; what `firn eval` and `nix-instantiate` share. */
import { type EvaluateOptions, type EvaluationAnswer, evaluate, openSession } from "#evaluator/api.ts";
import { type Installable, realiseImports } from "./instantiate.ts";
import { openStore, rootOf } from "./open-store.ts";

type Evaluation = Omit<EvaluateOptions, "source" | "attributePath" | "root" | "realise">;

export interface EvaluationContext {
  readonly storeFlag: string | undefined;
  readonly signal: AbortSignal;
}

export async function printText(
  installables: readonly Installable[],
  options: Evaluation,
  context: EvaluationContext,
): Promise<void> {
  // A raw string is printed as it is, and XML ends its last line itself.
  const { output } = options;
  const end = output.type === "value" && (output.format === "raw" || output.format === "xml") ? "" : "\n";
  for await (const answer of answers(installables, { ...options, ...(await inStore(context)) })) {
    if (answer.type === "value") process.stdout.write(answer.text + end);
  }
}

/** The answer for each attribute of each source, as they come. Several are asked of one evaluation. */
export async function* answers(
  installables: readonly Installable[],
  options: Omit<EvaluateOptions, "source" | "attributePath">,
): AsyncGenerator<EvaluationAnswer> {
  const asked = installables.flatMap(({ source, attributePaths }) =>
    (attributePaths.length === 0 ? [""] : attributePaths).map((attributePath) => ({ source, attributePath })),
  );
  const [only] = asked;
  if (only === undefined) return;
  if (asked.length === 1) {
    yield await evaluate({ ...options, ...only });
    return;
  }
  using session = await openSession(options);
  for (const one of asked) yield await session.answer(one);
}

/** Evaluates in the store that the flags name, which is opened only when the evaluation reads out of a derivation. */
export async function evaluateHere(
  options: Omit<EvaluateOptions, "root" | "realise">,
  context: EvaluationContext,
): Promise<EvaluationAnswer> {
  return evaluate({ ...options, ...(await inStore(context)) });
}

/** The options that tie an evaluation to the store that the flags name. */
export async function inStore({
  storeFlag,
  signal,
}: EvaluationContext): Promise<Pick<EvaluateOptions, "root" | "realise" | "signal">> {
  return {
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
  };
}
