/** `firn eval --watch`: prints the value, and again when something that was read has changed it. */
import { type EvaluateOptions, watchEvaluation } from "#evaluator/api.ts";
import { AppError } from "#store/std/app-error.ts";
import type { Installable } from "./instantiate.ts";
import { showError } from "./output/show-error.ts";
import { dim, formatDuration, say } from "./output/terminal.ts";
import { type EvaluationContext, inStore } from "./print-values.ts";

/** Ends by the context's signal only, whose reason is thrown. */
export async function watchValues(
  installables: readonly Installable[],
  options: Omit<EvaluateOptions, "source" | "attributePath" | "root" | "realise">,
  context: EvaluationContext,
): Promise<never> {
  const [only, ...others] = installables;
  const [attributePath = "", ...more] = only?.attributePaths ?? [];
  if (only === undefined || others.length + more.length > 0) {
    throw new AppError("CLI_USAGE", "Flag '--watch' watches one value", { exitCode: 2 });
  }
  const question = { ...options, ...(await inStore(context)), source: only.source, attributePath };
  for await (const round of watchEvaluation(question)) {
    if ("error" in round) showError(round.error);
    else if (round.answer.type === "value") process.stdout.write(`${round.answer.text}\n`);
    say(dim(`evaluated in ${formatDuration(round.durationMs)}; watching ${round.watchedCount} files and folders`));
  }
  throw new AppError("EVAL_CRASHED", "The watched evaluation ended");
}
