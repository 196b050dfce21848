// Which Node runs Firn: the host's when it is new enough, else the one that set-up puts into .toolchain/.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const projectFolder = dirname(dirname(fileURLToPath(import.meta.url)));
export const toolchainFolder = join(projectFolder, ".toolchain");

/** Type stripping, node:sqlite and zstd in node:zlib all come without a flag or a warning from 24.12 on. */
export function isNodeNewEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > 24 || (major === 24 && minor >= 12);
}

/** Path of a Node that is new enough, or null when set-up has not run yet. */
export function findNode() {
  if (isNodeNewEnough(process.versions.node)) return process.execPath;
  const own = join(toolchainFolder, "node_modules", `node-linux-${process.arch}`, "bin", "node");
  return existsSync(own) ? own : null;
}

/**
 * Runs a program on our terminal and ends as it ends, by the same code or signal. The terminal's Ctrl-C reaches the
 * child by itself; the other signals are passed on.
 */
export function runAndEndAs(program, args, options = {}) {
  const child = spawn(program, args, { stdio: "inherit", ...options });
  const passOn = { SIGINT: () => {}, SIGTERM: () => child.kill("SIGTERM"), SIGHUP: () => child.kill("SIGHUP") };
  for (const [signal, handler] of Object.entries(passOn)) process.on(signal, handler);
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeListener(signal, passOn[signal] ?? (() => {}));
    process.kill(process.pid, signal);
  });
}
