/**
 * The entry of every command. One program, told apart by the name it was called by: `firn <command>` or a Nix name.
 * Loads only the command that is asked for, since start-up is a feature.
 */
import { AppError, isAppError } from "#store/std/app-error.ts";
import { type Command, helpPage } from "./command.ts";
import { type FlagSpecs, type ParsedCommandLine, parseFlags } from "./flags.ts";
import { showError } from "./output/show-error.ts";

type Load = () => Promise<Command>;

const load = (module: Promise<{ readonly command: Command }>): Promise<Command> =>
  module.then(({ command }) => command);

const firnCommands: Readonly<Record<string, { readonly summary: string; readonly load: Load }>> = {
  build: {
    summary: "Build what an expression, a file or an attribute describes",
    load: () => load(import("./commands/cmd-build.ts")),
  },
  cache: {
    summary: "Serve, fill and inspect binary caches",
    load: () => load(import("./commands/cmd-cache.ts")),
  },
  copy: {
    summary: "Copy paths with all that they refer to between stores and caches",
    load: () => load(import("./commands/cmd-copy.ts")),
  },
  daemon: {
    summary: "Serve a store to other users and programs",
    load: () => load(import("./commands/cmd-daemon.ts")),
  },
  eval: {
    summary: "Evaluate a Nix expression and print the value",
    load: () => load(import("./commands/cmd-eval.ts")),
  },
  "eval-jobs": {
    summary: "Evaluate all attributes of a tree in several processes",
    load: () => load(import("./commands/cmd-eval-jobs.ts")),
  },
  repl: {
    summary: "Evaluate expressions as you type them",
    load: () => load(import("./commands/cmd-repl.ts")),
  },
  gate: {
    summary: "Build a release's jobs and move its channel when they pass",
    load: () => load(import("./commands/cmd-gate.ts")),
  },
  test: { summary: "Run VM tests", load: () => load(import("./commands/cmd-test.ts")) },
  vm: {
    summary: "Boot a configuration in a virtual machine and attach its console",
    load: () => load(import("./commands/cmd-vm.ts")),
  },
};

const nixCommands: Readonly<Record<string, Load>> = {
  "nix-build": () => load(import("./compat/nix-build.ts")),
  "nix-collect-garbage": () => load(import("./compat/nix-collect-garbage.ts")),
  "nix-daemon": () => load(import("./compat/nix-daemon.ts")),
  "nix-instantiate": () => load(import("./compat/nix-instantiate.ts")),
  "nix-store": () => load(import("./compat/nix-store.ts")),
};

/** Runs the command and ends the process with its exit code. */
export async function main(calledAs: string, args: readonly string[]): Promise<void> {
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupt(abort, signal));
  process.stdout.on("error", ignoreClosedPipe);
  let exitCode: number;
  try {
    exitCode = await dispatch(calledAs, args, abort.signal);
  } catch (error) {
    exitCode = showError(error);
  }
  process.exitCode = abort.signal.aborted ? 130 : exitCode;
  // Whatever a command left open (a database, a worker) must not keep a finished command from ending.
  if (process.stdout.writableLength === 0) process.exit();
  process.stdout.end(() => process.exit());
}

async function dispatch(calledAs: string, args: readonly string[], signal: AbortSignal): Promise<number> {
  const nixCommand = nixCommands[calledAs];
  if (nixCommand !== undefined) return runCommand(await nixCommand(), args, signal);
  const [name, ...rest] = args;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") return showOverview();
  if (name === "--version") return showVersion();
  const entry = firnCommands[name];
  if (entry === undefined) {
    throw new AppError("CLI_USAGE", `There is no command 'firn ${name}'`, {
      exitCode: 2,
      hint: `the commands are: ${Object.keys(firnCommands).join(", ")}`,
    });
  }
  return runCommand(await entry.load(), rest, signal);
}

async function runCommand(command: Command, args: readonly string[], signal: AbortSignal): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(`${helpPage(command)}\n`);
    return 0;
  }
  if (command.version !== undefined && args.includes("--version")) {
    process.stdout.write(`${command.version}\n`);
    return 0;
  }
  const line = await parseLine(command, args);
  return command.run(line, { signal });
}

async function parseLine(command: Command, args: readonly string[]): Promise<ParsedCommandLine<FlagSpecs>> {
  try {
    if (!("option" in command.flags)) return parseFlags(command.flags, args);
    const { settingFlags } = await import("./nix-settings.ts");
    return parseFlags({ ...settingFlags(command.flags), ...command.flags }, args);
  } catch (error) {
    const { usageExitCode } = command;
    if (usageExitCode === undefined || !isAppError(error)) throw error;
    const { code, message, hint } = error;
    throw new AppError(code, message, { exitCode: usageExitCode, ...(hint === undefined ? {} : { hint }) });
  }
}

function showOverview(): number {
  const rows = Object.entries(firnCommands).map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`);
  process.stdout.write(
    `usage: firn <command> [arguments]\n\n${rows.join("\n")}\n\n'firn <command> --help' tells more. The Nix names (${Object.keys(nixCommands).join(", ")}) are in bin/compat/.\n`,
  );
  return 0;
}

async function showVersion(): Promise<number> {
  const { default: manifest } = await import("../package.json", { with: { type: "json" } });
  process.stdout.write(`firn ${manifest.version}\n`);
  return 0;
}

/** The first signal asks everything to end in order; the second ends at once. */
function interrupt(abort: AbortController, signal: NodeJS.Signals): void {
  if (abort.signal.aborted) process.exit(130);
  abort.abort(
    new AppError("CLI_INTERRUPTED", `Interrupted by ${signal}`, {
      exitCode: 130,
      hint: "what was built stays built; run the command again to go on",
    }),
  );
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
}
