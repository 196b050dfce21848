/** The shell commands that a machine is asked with, and the arguments of `succeed` and `fail`. */
import type { WaitOptions } from "../wait/deadline.ts";
import type { CommandArguments } from "./machine.ts";
import { quoteShell } from "./quote-shell.ts";

export const troubleCommand: string =
  "{ systemctl --failed --no-legend --plain --no-pager; systemctl list-jobs --no-legend --no-pager; " +
  "journalctl --no-pager --boot --priority=warning --lines=20 --output=short-monotonic; } 2>/dev/null || true";

export function systemctlCommand(query: string, user: string | undefined): string {
  if (user === undefined) return `systemctl ${query}`;
  const inner = `XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user ${query}`;
  return `su -l ${quoteShell(user)} --shell /bin/sh -c ${quoteShell(inner)}`;
}

/** bash itself connects, since a machine need not have netcat. */
export function connectCommand(address: string, port: number): string {
  return `timeout 5 bash -c ${quoteShell(`: </dev/tcp/${address}/${port}`)} 2>/dev/null`;
}

export function splitArguments(args: CommandArguments): { commands: string[]; options: WaitOptions } {
  const commands: string[] = [];
  let options: WaitOptions = {};
  for (const arg of args) {
    if (typeof arg === "string") commands.push(arg);
    else options = arg;
  }
  return { commands, options };
}
