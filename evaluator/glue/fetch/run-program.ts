/** Programs of the host that fetchers use. They run to their end: the evaluation waits for them anyway. */
import { spawnSync } from "node:child_process";
import { EvalIoError } from "../../io.ts";

export interface ProgramOptions {
  readonly folder?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
}

export interface ProgramResult {
  readonly code: number;
  /** Bytes (latin1). */
  readonly output: string;
  readonly errors: string;
}

const maxOutputBytes = 1 << 30;

const packages: Readonly<Record<string, string>> = { hg: "mercurial", xz: "xz-utils" };

/** @throws EvalIoError when the program is not there */
export function tryProgram(program: string, args: readonly string[], options: ProgramOptions): ProgramResult {
  const run = spawnSync(program, args, {
    cwd: options.folder ?? "/",
    env: { ...options.environment, LC_ALL: "C" },
    input: Buffer.from(options.input ?? "", "latin1"),
    encoding: "latin1",
    maxBuffer: maxOutputBytes,
  });
  if (run.error !== undefined) throw failedToStart(program, run.error);
  return { code: run.status ?? -1, output: run.stdout, errors: run.stderr.trim() };
}

/** Its output. @throws EvalIoError with what it said when it fails */
export function runProgram(program: string, args: readonly string[], options: ProgramOptions): string {
  const { code, output, errors } = tryProgram(program, args, options);
  if (code === 0) return output;
  const last = errors.split("\n").slice(-5).join("\n");
  throw new EvalIoError("other", `program '${program}' failed with exit code ${code}${last === "" ? "" : `: ${last}`}`);
}

function failedToStart(program: string, error: NodeJS.ErrnoException): EvalIoError {
  if (error.code !== "ENOENT") return new EvalIoError("other", `cannot run '${program}': ${error.message}`);
  return new EvalIoError("other", `the program '${program}' is not installed`, {
    hint: `sudo apt-get install ${packages[program] ?? program}`,
    cause: error,
  });
}
