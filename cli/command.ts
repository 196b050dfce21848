/** What a command is, and its help page. A command file holds flags and wording only and calls into the parts. */
import { describeFlags, type FlagSpecs, type ParsedCommandLine } from "./flags.ts";

export interface Command<S extends FlagSpecs = FlagSpecs> {
  /** As typed: `firn build`, `nix-build`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** After the name on the usage line: `[FILE | EXPR] [-A ATTR]`. */
  readonly usage: string;
  /** Longer text, examples and exit codes; shown below the flags. */
  readonly notes?: string;
  /** A command with `--option` takes each of Nix's settings as a flag of its own too, see nix-settings.ts. */
  readonly flags: S;
  /** 2 unless told; commands that stand in for one of Nix's end as that does. */
  readonly usageExitCode?: number;
  /** Answers `--version` itself. */
  readonly version?: string;
  /** Resolves to the exit code; an AppError that it throws is shown with its hint. */
  run(line: ParsedCommandLine<S>, context: CommandContext): Promise<number>;
}

export interface CommandContext {
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/** Ties the types of the flags to `run` without spelling them twice; outside, a command is a command like any other. */
export function defineCommand<const S extends FlagSpecs>(command: Command<S>): Command {
  // `run` is only ever called with a line that was parsed by the command's own flags (see main.ts).
  return command as unknown as Command;
}

export function helpPage(command: Pick<Command, "name" | "summary" | "usage" | "notes" | "flags">): string {
  const parts = [`usage: ${command.name} ${command.usage}`, command.summary, `Flags:\n${describeFlags(command.flags)}`];
  if (command.notes !== undefined) parts.push(command.notes.trim());
  return parts.join("\n\n");
}
