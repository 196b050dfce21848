/** What a command printed, as an error shows it. */
import type { CommandResult } from "./root-shell.ts";

export function describeOutput({
  status,
  output,
  stderr,
}: Pick<CommandResult, "status" | "output" | "stderr">): string {
  const parts = [`status ${status}`];
  if (output.trim() !== "") parts.push("stdout:", indent(lastLines(output)));
  if (stderr.trim() !== "") parts.push("stderr:", indent(lastLines(stderr)));
  return parts.join("\n");
}

function lastLines(text: string): string {
  return text.trimEnd().split("\n").slice(-30).join("\n");
}

export function indent(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, "  ");
}
