/**
 * `nix-instantiate`. Several files and attributes are answered by one evaluation, so that what they share is computed once.
 * Flags of Nix that change nothing here (how to build, how much to say) are taken and left out of the help.
 */
import { resolve } from "node:path";
import type { EvaluateOptions, OutputMode } from "#evaluator/api.ts";
import type { Store } from "#store/api.ts";
import { type Command, defineCommand } from "../command.ts";
import { linkDaemonResults, openDaemon, sendClosure } from "../daemon-client.ts";
import { evaluationFlags, evaluationOptions } from "../evaluation-flags.ts";
import type { Flags } from "../flags.ts";
import type { Installable, Source } from "../instantiate.ts";
import { isDummyStore, openStore } from "../open-store.ts";
import { answers, type EvaluationContext, inStore, printText } from "../print-values.ts";
import { ignoredFlags } from "./ignored-flags.ts";

const flags = {
  ...ignoredFlags,
  ...evaluationFlags,
  eval: { kind: "boolean", aliases: ["--eval-only"], help: "print the value in place of instantiating derivations" },
  parse: { kind: "boolean", aliases: ["--parse-only"], help: "only parse, and print what was understood" },
  findFile: { kind: "boolean", help: "print where <NAME> is found" },
  strict: { kind: "boolean", help: "eval: evaluate inside of sets and lists too" },
  json: { kind: "boolean", help: "eval: print JSON" },
  xml: { kind: "boolean", help: "eval: print XML" },
  raw: { kind: "boolean", help: "eval: print a string as it is" },
  noLocation: { kind: "boolean", help: "eval --xml: leave out where things are defined" },
  expr: { kind: "boolean", aliases: ["-E"], help: "arguments are expressions, not files" },
  addRoot: { kind: "string", value: "PATH", help: "make this link to the derivation and keep it" },
  readWriteMode: { kind: "boolean", help: "eval: write derivations and sources to the store" },
  readonlyMode: { kind: "boolean", help: "compute paths, write nothing" },
  dryRun: { kind: "boolean", help: "the same" },
  keepGoing: { ...ignoredFlags.quiet, aliases: ["-k"] },
  keepFailed: { ...ignoredFlags.quiet, aliases: ["-K"] },
  maxJobs: { ...ignoredFlags.logFormat, aliases: ["-j"] },
} as const;

type Given = Flags<typeof flags>;

export const command: Command = defineCommand({
  name: "nix-instantiate",
  summary:
    "Evaluates Nix expressions to derivations (.drv files), or to values with --eval; as Nix's command of that name.",
  usage: "[FILE... | -E EXPR... | -] [-A ATTR]... [--eval | --parse | --find-file NAME...]",
  flags,
  usageExitCode: 1,
  version: "nix-instantiate (Nix) 2.28.0, as Firn has it",
  notes: `Without a file, ./default.nix is evaluated. Every setting of nix.conf can be a flag: --pure-eval,
--extra-experimental-features X, --no-allow-import-from-derivation.

Exit codes: 0 done; 1 anything else; 130 interrupted.`,
  async run({ flags: given, operands }, { signal }) {
    const context = { storeFlag: given.store, signal };
    if (given.findFile) return print(given, await lookedUp(operands), context);
    const sources = await sourcesOf(given.expr, operands);
    const installables = sources.map((source): Installable => ({ source, attributePaths: given.attr }));
    if (!given.eval && !given.parse) return printDerivations(given, installables, context);
    return print(
      given,
      given.parse ? sources.map((source) => ({ source, attributePaths: [] })) : installables,
      context,
    );
  },
});

/** Operands as Nix takes them: `-` for standard input comes first; `./default.nix` when there is nothing. */
export async function sourcesOf(areExpressions: boolean, operands: readonly string[]): Promise<Source[]> {
  const given = operands.length === 0 && !areExpressions ? ["./default.nix"] : operands;
  const sources: Source[] = [];
  if (given.includes("-")) {
    const { text } = await import("node:stream/consumers");
    sources.push({ type: "text", text: await text(process.stdin) });
  }
  const others = given.filter((operand) => operand !== "-");
  return [...sources, ...others.map((operand) => sourceOf(areExpressions, operand))];
}

function sourceOf(isExpression: boolean, operand: string): Source {
  if (isExpression) return { type: "text", text: operand };
  if (operand.startsWith("<") && operand.endsWith(">")) return { type: "text", text: `import ${operand}` };
  return { type: "file", path: resolve(operand) };
}

/** `<NAME>` for any NAME, also one that could not be written so. */
async function lookedUp(names: readonly string[]): Promise<Installable[]> {
  const text = (name: string): string =>
    `builtins.findFile builtins.nixPath "${name.replace(/["\\$]/g, (found) => `\\${found}`)}"`;
  return names.map((name) => ({ source: { type: "text", text: text(name) }, attributePaths: [] }));
}

async function print(given: Given, installables: readonly Installable[], context: EvaluationContext): Promise<number> {
  const readOnly = !given.readWriteMode || given.readonlyMode || given.dryRun || isDummyStore(given.store);
  const options = { ...evaluationOptions(given), readOnly, output: outputOf(given) };
  await printText(installables, given.findFile ? { ...options, autoArgs: {} } : options, context);
  return 0;
}

function outputOf(given: Given): OutputMode {
  if (given.parse) return { type: "parse" };
  const format = given.json ? "json" : given.xml ? "xml" : given.raw ? "raw" : "nix";
  return { type: "value", format, strict: given.strict, locations: !given.noLocation };
}

async function printDerivations(
  given: Given,
  installables: readonly Installable[],
  context: EvaluationContext,
): Promise<number> {
  const readOnly = given.readonlyMode || given.dryRun || isDummyStore(context.storeFlag);
  const links = readOnly ? undefined : linkNames(given.addRoot);
  const options: Omit<EvaluateOptions, "source"> = {
    ...evaluationOptions(given),
    ...(await inStore(context)),
    readOnly,
    output: { type: "instantiate" },
  };
  const daemon = readOnly ? null : await openDaemon(context.storeFlag);
  for await (const answer of answers(installables, options)) {
    if (answer.type !== "derivations") continue;
    for (const { drvPath, outputName } of answer.derivations) {
      const link = links?.next().value;
      if (daemon !== null) await sendDerivation(context.storeFlag, daemon, drvPath);
      const shown = link === undefined ? drvPath : await addRoot({ ...context, daemon }, link, drvPath);
      process.stdout.write(`${shown}${outputName === "out" ? "" : `!${outputName}`}\n`);
    }
  }
  await daemon?.close();
  return 0;
}

async function sendDerivation(storeFlag: string | undefined, daemon: Store, drvPath: string): Promise<void> {
  const store = await openStore(storeFlag);
  try {
    await sendClosure(store, daemon, [drvPath]);
  } finally {
    store.close();
  }
}

async function addRoot(
  { storeFlag, daemon }: EvaluationContext & { readonly daemon: Store | null },
  link: string,
  drvPath: string,
): Promise<string> {
  if (daemon !== null) return (await linkDaemonResults(daemon, [drvPath], link))[0] ?? drvPath;
  const store = await openStore(storeFlag);
  try {
    return store.addIndirectRoot(resolve(link), drvPath);
  } finally {
    store.close();
  }
}

/** `root`, `root-2`, `root-3`.. */
function linkNames(first: string | undefined): Iterator<string, undefined> | undefined {
  if (first === undefined) return undefined;
  let count = 0;
  return { next: () => ({ done: false, value: ++count === 1 ? first : `${first}-${count}` }) };
}
