/** The flags that say how to build, shared by all commands that do. */

import { AppError } from "#store/std/app-error.ts";
import type { Flags } from "./flags.ts";
import type { RealiseOptions } from "./realise.ts";

export const buildFlags = {
  maxJobs: { kind: "string", aliases: ["-j"], value: "N", help: "builds at the same time (number of processors)" },
  cores: { kind: "string", value: "N", help: "processors for each build (number of processors)" },
  keepGoing: { kind: "boolean", aliases: ["-k"], help: "go on with what does not depend on a failed build" },
  keepFailed: { kind: "boolean", aliases: ["-K"], help: "leave the folder of a failed build" },
  timeout: { kind: "string", value: "SECONDS", help: "end a build that takes longer" },
  maxSilentTime: { kind: "string", value: "SECONDS", help: "end a build that prints nothing for longer" },
  printBuildLogs: { kind: "boolean", aliases: ["-L"], help: "print the output of builds" },
} as const;

export function buildOptions(given: Flags<typeof buildFlags>): RealiseOptions {
  const seconds = (flag: string, text: string | undefined): number | undefined =>
    text === undefined ? undefined : wholeNumber(flag, text) * 1000;
  return withoutUndefined({
    maxJobs: given.maxJobs === undefined ? undefined : wholeNumber("--max-jobs", given.maxJobs),
    cores: given.cores === undefined ? undefined : wholeNumber("--cores", given.cores),
    keepGoing: given.keepGoing,
    keepFailed: given.keepFailed,
    timeoutMs: seconds("--timeout", given.timeout),
    maxSilentMs: seconds("--max-silent-time", given.maxSilentTime),
    printLogs: given.printBuildLogs,
  });
}

/** @throws AppError `CLI_USAGE` */
export function wholeNumber(flag: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new AppError("CLI_USAGE", `Flag '${flag}' needs a whole number, not '${text}'`, { exitCode: 2 });
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Absent in place of undefined, as exact optional properties want it. */
function withoutUndefined<T extends object>(options: T): Partial<Defined<T>> {
  // What is left has no undefined in it.
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<Defined<T>>;
}
