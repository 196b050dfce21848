import { type Command, defineCommand } from "../command.ts";
import { evaluationFlags, evaluationOptions } from "../evaluation-flags.ts";

const { attr: _unused, ...shared } = evaluationFlags;
const flags = {
  ...shared,
  file: { kind: "list", aliases: ["-f"], value: "FILE", help: "add the attributes of this file, as an operand does" },
  expr: { kind: "list", aliases: ["-E"], value: "EXPR", help: "add the attributes of this expression" },
} as const;

export const command: Command = defineCommand({
  name: "firn repl",
  summary: "Evaluates Nix expressions as you type them.",
  usage: "[FILE...] [-E EXPR]",
  flags,
  notes: `
The attributes of each FILE are variables in the session; ':?' in it lists its commands. Ctrl-C ends what is being
evaluated and keeps all values, Ctrl-D leaves. Lines are remembered in $XDG_STATE_HOME/firn/repl-history.

Examples:
  firn repl
  firn repl ./default.nix --arg system '"x86_64-linux"'
  firn repl '<nixpkgs>'

Exit codes: 0 left; 2 wrong usage; 130 interrupted while input came from a file or a pipe.`,
  async run({ flags: given, operands }, { signal }) {
    const { runRepl } = await import("../repl/repl.ts");
    const options = evaluationOptions({ ...given, attr: [] });
    const loads = [
      ...[...given.file, ...operands].map((file) => ({ command: "l", argument: file })),
      ...given.expr.map((text) => ({ command: "a", argument: text })),
    ];
    return runRepl({ options, storeFlag: given.store, signal, loads });
  },
});
