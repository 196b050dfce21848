/** Runs a host program to its end; a failure carries its own words. */
import { basename } from "node:path";
import { AppError } from "#store/std/app-error.ts";
import { requireProgram } from "./find-program.ts";

export interface RunProgramOptions {
  readonly signal?: AbortSignal | undefined;
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

/** @throws AppError `DRIVER_HOST_PROGRAM` when it is not installed, `DRIVER_HOST_COMMAND` when it fails */
export async function runProgram(
  name: string,
  args: readonly string[],
  options: RunProgramOptions = {},
): Promise<string> {
  const { execa } = await import("execa");
  const result = await execa(requireProgram(name), args, {
    stdin: "ignore",
    reject: false,
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
  });
  options.signal?.throwIfAborted();
  if (!result.failed) return result.stdout;
  throw new AppError(
    "DRIVER_HOST_COMMAND",
    `'${basename(name)}' failed: ${lastLine(result.stderr) || result.shortMessage}`,
    {
      cause: result,
      details: result.stderr,
    },
  );
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
