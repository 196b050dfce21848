import { type Command, defineCommand } from "../command.ts";
import { daemonFlags, runDaemon } from "../daemon.ts";

export const command: Command = defineCommand({
  name: "nix-daemon",
  summary: "Serves a store to other users and programs; as Nix's command of that name.",
  usage: "[--stdio] [--force-trusted | --force-untrusted]",
  flags: { ...daemonFlags, daemon: { kind: "boolean", help: "accepted for compatibility" } },
  notes: "Exit codes: 0 ended by a signal or its client; 1 failed; 2 wrong usage; 3 the host lacks something.",
  run: (line, context) => runDaemon(line.flags, context),
});
