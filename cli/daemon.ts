/** What `firn daemon` and `nix-daemon` share: flags to a running daemon, and its end by a signal. */
import { resolve } from "node:path";
import type { CommandContext } from "./command.ts";
import type { Flags } from "./flags.ts";
import { say } from "./output/terminal.ts";

export const daemonFlags = {
  store: { kind: "string", value: "STORE", help: "the store to serve: a root, 'local?root=..', or another daemon" },
  socket: { kind: "string", value: "PATH", help: "where to listen (NIX_DAEMON_SOCKET_PATH, or below the root)" },
  stdio: { kind: "boolean", help: "serve the one client at standard input and output" },
  forceTrusted: { kind: "boolean", help: "trust every client" },
  forceUntrusted: { kind: "boolean", help: "trust no client" },
  maxJobs: { kind: "string", aliases: ["-j"], value: "N", help: "builds at the same time, of all clients together" },
  option: { kind: "pairs", value: "NAME VALUE", help: "a setting, in place of what nix.conf says" },
} as const;

/** Runs until the client is gone (`--stdio`) or the process is asked to end. */
export async function runDaemon(given: Flags<typeof daemonFlags>, { signal }: CommandContext): Promise<number> {
  const { createDaemon } = await import("#store/api.ts");
  const { default: manifest } = await import("../package.json", { with: { type: "json" } });
  const daemon = await createDaemon({
    storeUrl: given.store ?? null,
    overrides: [...given.option, ...(given.maxJobs === undefined ? [] : [["max-jobs", given.maxJobs] as const])],
    versionText: `firn ${manifest.version}`,
    ...(given.forceTrusted ? { forceTrust: true } : given.forceUntrusted ? { forceTrust: false } : {}),
    onLog: say,
  });
  if (given.stdio) {
    await daemon.serveStdio();
    return 0;
  }
  const where = await daemon.listen(given.socket === undefined ? null : resolve(given.socket));
  say(`listening on ${where}`);
  await new Promise<void>((resolveWait) => {
    if (signal.aborted) resolveWait();
    signal.addEventListener("abort", () => resolveWait(), { once: true });
  });
  await daemon.close();
  return 0;
}
