/** How an error reaches the user: a user's or a domain error as message, details and hint; only our own bugs as a stack. */
import { isAppError } from "#store/std/app-error.ts";
import { bold, red, say } from "./terminal.ts";

/** Prints the error and returns the exit code that goes with it. */
export function showError(error: unknown): number {
  if (isAppError(error)) {
    say(`${red("error:")} ${error.message}`);
    if (error.details !== undefined) say(indent(error.details.trimEnd()));
    if (error.hint !== undefined) say(`${bold("hint:")} ${error.hint}`);
    return error.exitCode;
  }
  if (isDiskFull(error)) {
    say(`${red("error:")} The disk is full`);
    say(
      `${bold("hint:")} free some space ('nix-store --gc' deletes what no root needs) and run the command again; what is built stays built`,
    );
    return 3;
  }
  say(`${red("internal error:")} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  say(`${bold("hint:")} this is a defect of Firn; please report it with the lines above`);
  return 70;
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}
