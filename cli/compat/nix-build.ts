import { resolve } from "node:path";
import { buildFlags, buildOptions } from "../build-flags.ts";
import { type Command, defineCommand } from "../command.ts";
import { linkDaemonResults, openDaemon } from "../daemon-client.ts";
import { evaluationFlags, evaluationOptions } from "../evaluation-flags.ts";
import { instantiate } from "../instantiate.ts";
import { openStore } from "../open-store.ts";
import { showMissing } from "../output/missing-paths.ts";
import { realise } from "../realise.ts";
import { linkResults } from "../result-links.ts";
import { ignoredFlags } from "./ignored-flags.ts";
import { sourcesOf } from "./nix-instantiate.ts";

const flags = {
  ...ignoredFlags,
  ...evaluationFlags,
  ...buildFlags,
  expr: { kind: "boolean", aliases: ["-E"], help: "arguments are expressions, not files" },
  outLink: { kind: "string", aliases: ["-o"], value: "NAME", help: "name of the link to the result (result)" },
  noOutLink: { kind: "boolean", aliases: ["--no-link"], help: "make no link" },
  dryRun: { kind: "boolean", help: "print what would be built and fetched" },
} as const;

export const command: Command = defineCommand({
  name: "nix-build",
  summary: "Builds the derivations of Nix expressions and links the results; as Nix's command of that name.",
  usage: "[FILE... | -E EXPR...] [-A ATTR]",
  flags,
  usageExitCode: 1,
  version: "nix-build (Nix) 2.28.0, as Firn has it",
  notes:
    "Exit codes: 0 built; 1 the evaluation failed, or wrong usage; 3 the host lacks something; 100 a build failed; 130 interrupted.",
  async run({ flags: given, operands }, { signal }) {
    const sources = await sourcesOf(given.expr, operands);
    const daemon = await openDaemon(given.store);
    const store = await openStore(given.store);
    try {
      const installables = sources.map((source) => ({ source, attributePaths: given.attr }));
      const derivations = await instantiate(store, installables, { ...evaluationOptions(given), signal, daemon });
      const targets = derivations.map(({ drvPath, outputName }) => ({ drvPath, outputs: [outputName] }));
      if (given.dryRun) {
        await showMissing(daemon ?? store, targets, { ...buildOptions(given), signal });
        return 0;
      }
      const results = await realise(store, targets, {
        ...buildOptions(given),
        signal,
        ...(daemon === null ? {} : { daemon }),
      });
      const paths = results.map(({ outputs }, index) => outputs[derivations[index]?.outputName ?? "out"] ?? "");
      const link = resolve(given.outLink ?? "result");
      if (!given.noOutLink && daemon !== null) await linkDaemonResults(daemon, paths, link);
      else if (!given.noOutLink) linkResults(store, paths, link);
      for (const path of paths) process.stdout.write(`${path}\n`);
      return 0;
    } finally {
      store.close();
      await daemon?.close();
    }
  },
});
