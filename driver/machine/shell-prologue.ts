/**
 * What a new root shell is told once, before its first command: functions (root-shell-functions.sh), so that a command is
 * one short line (the console moves 16 bytes at a time) and starts no process that it does not need. Under emulation an
 * exec costs 50 ms and a fork 2 ms, so a command runs in a subshell, its time is kept by a coprocess that waits from the
 * beginning, and small outputs are encoded by the shell itself.
 *
 * An output is sent as nothing, as `=` with `%`, `:`, line feed and carriage return escaped, or as base64 (bytes of zero,
 * or more than 8 KiB). It is gathered in a file: a background child would hold a pipe open. `>>` because the command may
 * open /dev/stdout itself; file names by number because an old background child may still write to an old file.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const source = readFileSync(join(import.meta.dirname, "root-shell-functions.sh"), "utf8");

/** The answer to it begins with `firn:hello:`. */
export const shellPrologue: string = source
  .split("\n")
  .map((line) => line.trim())
  .filter((line) => line !== "" && !line.startsWith("#"))
  .join("\n");

/** The other side of `E`. */
export function decodeOutput(text: string): Buffer {
  if (!text.startsWith("=")) return Buffer.from(text, "base64");
  const escaped = /%(25|3A|0A|0D)/g;
  const plain = text.slice(1).replace(escaped, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return Buffer.from(plain, "latin1");
}
