import { type Command, defineCommand } from "../command.ts";
import { daemonFlags, runDaemon } from "../daemon.ts";

export const command: Command = defineCommand({
  name: "firn daemon",
  summary: "Serves a store to other users and programs, over the protocol of Nix's daemon.",
  usage: "[--store ROOT] [--socket PATH | --stdio]",
  flags: daemonFlags,
  notes: `
As root it serves every user whom 'allowed-users' names; those of 'trusted-users' may import unsigned paths and choose
caches and settings (both in nix.conf). As another user it serves that user alone. Started by systemd, it takes the socket
that it is handed.

Examples:
  firn daemon                                        socket: <root>/nix/var/nix/daemon-socket/socket
  NIX_REMOTE=unix://PATH?root=ROOT nix-build ...     a client of a store that is not at /nix/store

Exit codes: 0 ended by a signal or its client; 1 failed; 2 wrong usage; 3 the host lacks something.`,
  run: (line, context) => runDaemon(line.flags, context),
});
