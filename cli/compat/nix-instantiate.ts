import { resolve } from "node:path";
import type { EvaluateOptions } from "#evaluator/api.ts";
import { type Command, defineCommand } from "../command.ts";
import { evaluationFlags, evaluationOptions } from "../evaluation-flags.ts";
import type { Flags } from "../flags.ts";
import { type Installable, instantiate, type Source } from "../instantiate.ts";
import { openStore } from "../open-store.ts";
import { printValues } from "../print-values.ts";
import { linkResults } from "../result-links.ts";

const flags = {
  ...evaluationFlags,
  eval: { kind: "boolean", help: "print the value in place of instantiating derivations" },
  parse: { kind: "boolean", help: "only parse" },
  findFile: { kind: "boolean", help: "print where <NAME> is found" },
  strict: { kind: "boolean", help: "eval: evaluate inside of sets and lists too" },
  json: { kind: "boolean", help: "eval: print JSON" },
  xml: { kind: "boolean", help: "eval: print XML" },
  raw: { kind: "boolean", help: "eval: print a string as it is" },
  expr: { kind: "boolean", aliases: ["-E"], help: "arguments are expressions, not files" },
  addRoot: { kind: "string", value: "PATH", help: "make this link to the derivation and keep it" },
  indirect: { kind: "boolean", help: "accepted for compatibility" },
  readWriteMode: { kind: "boolean", help: "eval: write derivations and sources to the store" },
  readonlyMode: { kind: "boolean", help: "compute paths, write nothing" },
  option: { kind: "pairs", value: "NAME VALUE", help: "accepted for compatibility; no setting changes an evaluation" },
} as const;

type Given = Flags<typeof flags>;

export const command: Command = defineCommand({
  name: "nix-instantiate",
  summary:
    "Evaluates Nix expressions to derivations (.drv files), or to values with --eval; as Nix's command of that name.",
  usage: "[FILE... | -E EXPR... | -] [-A ATTR] [--eval]",
  flags,
  notes: "Exit codes: 0 done; 1 the evaluation failed; 2 wrong usage; 130 interrupted.",
  async run({ flags: given, operands }, { signal }) {
    const sources = await sourcesOf(given.expr, operands);
    const installables = sources.map((source): Installable => ({ source, attributePaths: given.attr }));
    if (!given.eval && !given.parse && !given.findFile) return printDerivations(given, installables, signal);
    for (const [index, installable] of installables.entries()) {
      const output = outputOf(given, operands[index] ?? "");
      const options = { ...evaluationOptions(given), readOnly: !given.readWriteMode, output };
      await printValues([installable], options, { storeFlag: given.store, signal });
    }
    return 0;
  },
});

/** Operands as Nix takes them: files (`./default.nix` when there is none), expressions, or `-` for standard input. */
export async function sourcesOf(areExpressions: boolean, operands: readonly string[]): Promise<Source[]> {
  const given = operands.length === 0 && !areExpressions ? ["./default.nix"] : operands;
  return Promise.all(given.map((operand) => sourceOf(areExpressions, operand)));
}

async function sourceOf(isExpression: boolean, operand: string): Promise<Source> {
  if (isExpression || operand.startsWith("<")) return { type: "text", text: operand };
  if (operand !== "-") return { type: "file", path: resolve(operand) };
  const { text } = await import("node:stream/consumers");
  return { type: "text", text: await text(process.stdin) };
}

async function printDerivations(
  given: Given,
  installables: readonly Installable[],
  signal: AbortSignal,
): Promise<number> {
  const store = await openStore(given.store);
  try {
    const found = await instantiate(store, installables, {
      ...evaluationOptions(given),
      readOnly: given.readonlyMode,
      signal,
    });
    const drvPaths = found.map(({ drvPath }) => drvPath);
    const shown = given.addRoot === undefined ? drvPaths : linkResults(store, drvPaths, given.addRoot);
    found.forEach(({ outputName }, index) => {
      process.stdout.write(`${shown[index] ?? ""}${outputName === "out" ? "" : `!${outputName}`}\n`);
    });
    return 0;
  } finally {
    store.close();
  }
}

function outputOf(given: Given, operand: string): EvaluateOptions["output"] {
  if (given.findFile) return { type: "find-file", name: operand };
  if (given.parse) return { type: "parse" };
  const format = given.json ? "json" : given.xml ? "xml" : given.raw ? "raw" : "nix";
  return { type: "value", format, strict: given.strict };
}
