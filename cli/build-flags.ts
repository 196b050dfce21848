/** The flags that say how to build, shared by all commands that do. */

import { AppError } from "#store/std/app-error.ts";
import type { Flags } from "./flags.ts";
import { nixSettings } from "./nix-settings.ts";
import type { RealiseOptions } from "./realise.ts";
import { withoutUndefined } from "./without-undefined.ts";

export const buildFlags = {
  maxJobs: { kind: "string", aliases: ["-j"], value: "N", help: "builds at the same time (number of processors)" },
  cores: { kind: "string", value: "N", help: "processors for each build (number of processors)" },
  keepGoing: { kind: "boolean", aliases: ["-k"], help: "go on with what does not depend on a failed build" },
  keepFailed: { kind: "boolean", aliases: ["-K"], help: "leave the folder of a failed build" },
  timeout: { kind: "string", value: "SECONDS", help: "end a build that takes longer" },
  maxSilentTime: { kind: "string", value: "SECONDS", help: "end a build that prints nothing for longer" },
  printBuildLogs: { kind: "boolean", aliases: ["-L"], help: "print the output of builds" },
  option: { kind: "pairs", value: "NAME VALUE", help: "a setting, as in nix.conf: --option cores 1" },
} as const;

/** From the flags, nix.conf and NIX_CONFIG; what they leave open is for the builder to decide. */
export function buildOptions(given: Flags<typeof buildFlags>): RealiseOptions {
  const config = nixSettings(given);
  const milliseconds = (name: string): number | undefined => orAny(config.wholeNumber(name), 1000);
  return withoutUndefined({
    maxJobs: config.get("max-jobs") === "auto" ? undefined : config.wholeNumber("max-jobs"),
    cores: orAny(config.wholeNumber("cores"), 1),
    keepGoing: config.boolean("keep-going"),
    keepFailed: config.boolean("keep-failed"),
    timeoutMs: milliseconds("timeout"),
    maxSilentMs: milliseconds("max-silent-time"),
    printLogs: given.printBuildLogs,
    settings: new Map([...config.names].map((name) => [name, config.get(name) ?? ""])),
  });
}

/** Zero stands for no limit of one's own. */
function orAny(count: number | undefined, factor: number): number | undefined {
  return count === 0 || count === undefined ? undefined : count * factor;
}

/** @throws AppError `CLI_USAGE` */
export function wholeNumber(flag: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new AppError("CLI_USAGE", `Flag '${flag}' needs a whole number, not '${text}'`, { exitCode: 2 });
}
