import { resolve } from "node:path";
import type { LocalStore } from "#store/api.ts";
import { isAppError } from "#store/std/app-error.ts";
import { buildFlags, buildOptions } from "../build-flags.ts";
import { type Command, type CommandContext, defineCommand } from "../command.ts";
import { linkDaemonResults, openDaemon } from "../daemon-client.ts";
import { evaluationFlags, evaluationOptions } from "../evaluation-flags.ts";
import type { ParsedCommandLine } from "../flags.ts";
import { installablesOf, instantiate } from "../instantiate.ts";
import { openStore } from "../open-store.ts";
import { showError } from "../output/show-error.ts";
import { dim, say } from "../output/terminal.ts";
import { realise } from "../realise.ts";
import { linkResults } from "../result-links.ts";

const flags = {
  ...evaluationFlags,
  ...buildFlags,
  file: { kind: "string", aliases: ["-f"], value: "FILE", help: "take attributes from this file" },
  expr: { kind: "string", aliases: ["-E"], value: "EXPR", help: "build this expression" },
  outLink: { kind: "string", aliases: ["-o"], value: "NAME", help: "name of the link to the result (result)" },
  noLink: { kind: "boolean", aliases: ["--no-out-link"], help: "make no link" },
  json: { kind: "boolean", help: "print phases, build events and the result as lines of JSON" },
} as const;

type Line = ParsedCommandLine<typeof flags>;

export const command: Command = defineCommand({
  name: "firn build",
  summary: "Builds what a file, an expression or an attribute of the distro describes, and links the result.",
  usage: "[FILE | ATTR...] [-f FILE] [-E EXPR] [-A ATTR]",
  flags,
  notes: `
Examples:
  firn build hello                      an attribute of Firn's distro
  firn build ./default.nix -A tools     an attribute of a file
  firn build -E 'with import ./. {}; runCommand "x" {} "echo hi > $out"'

Exit codes: 0 built; 1 the evaluation failed; 2 wrong usage; 3 the host lacks something; 100 a build failed; 130 interrupted.`,
  async run(line, context) {
    if (!line.flags.json) return build(line, context);
    try {
      return await build(line, context);
    } catch (error) {
      return printJsonError(error);
    }
  },
});

async function build({ flags: given, operands }: Line, { signal }: CommandContext): Promise<number> {
  const installables = installablesOf({ ...given, operands });
  const daemon = await openDaemon(given.store);
  const store = await openStore(given.store);
  const startMs = performance.now();
  try {
    const derivations = await instantiate(store, installables, { ...evaluationOptions(given), signal, daemon });
    if (given.json) printJson({ type: "phase", phase: "evaluate", durationMs: performance.now() - startMs });
    const buildStartMs = performance.now();
    const results = await realise(
      store,
      derivations.map(({ drvPath, outputName }) => ({ drvPath, outputs: [outputName] })),
      {
        ...buildOptions(given),
        signal,
        ...(given.json ? { onEvent: printJson } : {}),
        ...(daemon === null ? {} : { daemon }),
      },
    );
    if (given.json) printJson({ type: "phase", phase: "build", durationMs: performance.now() - buildStartMs });
    const paths = results.map(({ outputs }, index) => outputs[derivations[index]?.outputName ?? "out"] ?? "");
    const link = resolve(given.outLink ?? "result");
    if (!given.noLink && daemon !== null) await linkDaemonResults(daemon, paths, link);
    else if (!given.noLink) linkResults(store, paths, link);
    if (given.json) printJson({ type: "result", root: daemon?.root ?? store.root, targets: results });
    else if (daemon === null) showPaths(store, paths);
    else for (const path of paths) process.stdout.write(`${path}\n`);
    return 0;
  } finally {
    store.close();
    await daemon?.close();
  }
}

/** The paths as builds and machines see them; where they lie on this host is said beside, not on standard output. */
function showPaths(store: LocalStore, paths: readonly string[]): void {
  for (const path of paths) {
    process.stdout.write(`${path}\n`);
    if (store.physicalPath(path) !== path) say(dim(`on this host: ${store.physicalPath(path)}`));
  }
}

function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** The same error as data on standard output, and for a person on standard error. */
function printJsonError(error: unknown): number {
  const { code, message, hint, details } = isAppError(error)
    ? error
    : { code: "INTERNAL", message: String(error), hint: undefined, details: undefined };
  printJson({ type: "error", code, message, hint, details });
  return showError(error);
}
