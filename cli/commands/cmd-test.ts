import { runVmTests } from "#driver/api.ts";
import { buildFlags } from "../build-flags.ts";
import { type Command, defineCommand } from "../command.ts";
import { settingsText } from "../nix-settings.ts";
import { isColourful } from "../output/terminal.ts";

const flags = {
  report: { kind: "string", value: "DIR", help: "where the report goes (<root>/firn/reports)" },
  grep: { kind: "list", aliases: ["--only"], value: "TEXT", help: "only tests whose name contains this" },
  option: buildFlags.option,
  verbose: { kind: "boolean", aliases: ["-v"], help: "show commands, builds and serial consoles too" },
} as const;

export const command: Command = defineCommand({
  name: "firn test",
  summary: "Runs VM tests: evaluates and builds their machines, boots them, runs the test, writes a report.",
  usage: "[FILE | FOLDER]...",
  flags,
  notes: `
Without an argument all of 'vm-tests' run. A test file also runs by plain 'node --test FILE'.

Exit codes: 0 all passed; 1 a test failed; 2 wrong usage; 3 the host lacks something; 130 interrupted.`,
  async run({ flags: given, operands }, { signal }) {
    // Machines are built by processes of `firn build`.
    process.env["NIX_CONFIG"] = `${process.env["NIX_CONFIG"] ?? ""}\n${settingsText(given)}`;
    const result = await runVmTests(operands.length === 0 ? ["vm-tests"] : operands, {
      ...(given.report === undefined ? {} : { reportFolder: given.report }),
      ...(given.grep.length === 0 ? {} : { grep: given.grep }),
      verbose: given.verbose,
      color: isColourful,
      write: (text) => process.stderr.write(text),
      signal,
    });
    return result.exitCode;
  },
});
