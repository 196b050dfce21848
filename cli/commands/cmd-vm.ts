import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { bootMachine, parseMachineSpec } from "#driver/api.ts";
import { AppError } from "#store/std/app-error.ts";
import { buildFlags, buildOptions } from "../build-flags.ts";
import { type Command, defineCommand } from "../command.ts";
import { evaluationFlags, evaluationOptions } from "../evaluation-flags.ts";
import { instantiate, requireFile } from "../instantiate.ts";
import { openStore } from "../open-store.ts";
import { say } from "../output/terminal.ts";
import { distroFolder } from "../project.ts";
import { realise } from "../realise.ts";

const flags = { ...evaluationFlags, ...buildFlags } as const;

export const command: Command = defineCommand({
  name: "firn vm",
  summary: "Boots a configuration in a virtual machine and attaches its console; nothing of this host is changed.",
  usage: "configuration.nix",
  flags,
  notes: `
Leave with Ctrl-] or Ctrl-A x, or by 'poweroff' in the machine; its disk is forgotten then.

Exit codes: 0 the machine ended or was left; 1 the evaluation failed; 3 the host lacks something; 100 a build failed.`,
  async run({ flags: given, operands }, { signal }) {
    const [configuration] = operands;
    if (configuration === undefined || operands.length > 1) {
      throw new AppError("CLI_USAGE", "One configuration file is needed", {
        exitCode: 2,
        hint: "for example 'firn vm ./configuration.nix'",
      });
    }
    requireFile(configuration);
    const store = await openStore(given.store);
    try {
      const vm = { source: { type: "file", path: join(distroFolder, "nixos") }, attributePaths: ["vm"] } as const;
      const evaluation = evaluationOptions(given);
      const autoArgs = {
        ...evaluation.autoArgs,
        configuration: { type: "expression", text: nixPath(resolve(configuration)) },
      } as const;
      const derivations = await instantiate(store, [vm], { ...evaluation, autoArgs, signal });
      const targets = derivations.map(({ drvPath }) => ({ drvPath }));
      const [built] = await realise(store, targets, { ...buildOptions(given), signal });
      const folder = store.physicalPath(built?.outputs["out"] ?? "");
      const spec = parseMachineSpec(readFileSync(join(folder, "machine.json"), "utf8"), folder);
      const storePaths = readFileSync(join(folder, "store-paths"), "utf8")
        .split("\n")
        .filter((line) => line !== "");
      say(`booting '${spec.name}'; Ctrl-] leaves`);
      const end = await bootMachine(spec, {
        storePaths,
        view: { physicalRoot: store.root },
        input: process.stdin,
        output: process.stdout,
        root: store.root,
        signal,
      });
      say(end === "left" ? "left; the machine is stopped" : "the machine has powered off");
      return 0;
    } finally {
      store.close();
    }
  },
});

/** A Nix path, whatever its characters. */
function nixPath(path: string): string {
  return `/. + ${JSON.stringify(path).replaceAll("${", "\\${")}`;
}
