/** How an error reaches the user: a user's or a domain error as message, details and hint; only our own bugs as a stack. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAppError } from "#store/std/app-error.ts";
import { bold, red, say } from "./terminal.ts";

/** Prints the error and returns the exit code that goes with it. */
export function showError(error: unknown): number {
  say(describeError(error));
  if (isAppError(error)) return error.exitCode;
  return isDiskFull(error) ? 3 : 70;
}

/** The text that a user sees, in lines. */
export function describeError(error: unknown): string {
  if (isAppError(error)) {
    const lines = [`${red("error:")} ${error.message}`];
    if (error.details !== undefined) lines.push(indent(error.details.trimEnd()));
    if (error.hint !== undefined) lines.push(`${bold("hint:")} ${error.hint}`);
    return lines.join("\n");
  }
  if (isDiskFull(error)) {
    return `${red("error:")} The disk is full
${bold("hint:")} free some space ('nix-store --gc' deletes what no root needs) and run the command again; what is built stays built`;
  }
  return describeDefect(error);
}

/** Our own bug: the stack goes to a file, since it tells its reader nothing but who wrote it. */
function describeDefect(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const first = `${red("internal error:")} ${error instanceof Error ? error.message : stack}`;
  if (process.env["FIRN_DEBUG"] !== undefined) return `${first}\n${stack}`;
  const file = join(mkdtempSync(join(tmpdir(), "firn-defect-")), "report.txt");
  const about = [
    `firn ${process.argv.slice(2).join(" ")}`,
    `node ${process.version} ${process.platform} ${process.arch}`,
  ];
  writeFileSync(file, `${about.join("\n")}\n${stack}\n`);
  return `${first}\n${bold("hint:")} this is a defect of Firn and no mistake of yours; please report it with the file '${file}'`;
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
