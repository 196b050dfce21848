import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { type AttributeDerivation, type EvaluatedAttribute, evaluateTree } from "#evaluator/api.ts";
import type { LocalStore } from "#store/api.ts";
import { AppError } from "#store/std/app-error.ts";
import { wholeNumber } from "../build-flags.ts";
import { type Command, defineCommand } from "../command.ts";
import { evaluationFlags, evaluationOptions } from "../evaluation-flags.ts";
import type { Flags } from "../flags.ts";
import { realiseImports, requireFile, type Source } from "../instantiate.ts";
import { openStore } from "../open-store.ts";
import { isLive, say } from "../output/terminal.ts";

const flags = {
  ...evaluationFlags,
  attr: { kind: "list", aliases: ["-A"], value: "ATTR", help: "the tree is this attribute of the file's value" },
  expr: { kind: "string", aliases: ["-E"], value: "EXPR", help: "evaluate this expression" },
  workers: { kind: "string", value: "N", help: "processes that evaluate (number of processors, at most 4)" },
  maxMemorySize: { kind: "string", value: "MIB", help: "memory that each may take (4096)" },
  timeout: { kind: "string", value: "SECONDS", help: "time that one attribute may take (600; 0: any)" },
  forceRecurse: { kind: "boolean", help: "look into every set, not only where recurseForDerivations is true" },
  meta: { kind: "boolean", help: "print the meta attribute of each derivation" },
  constituents: { kind: "boolean", help: "accepted for compatibility: constituents of aggregates are always printed" },
  checkCacheStatus: { kind: "boolean", help: "say whether the outputs are in the store" },
  gcRootsDir: { kind: "string", value: "FOLDER", help: "make a link to each derivation here, which keeps it" },
  noInstantiate: { kind: "boolean", help: "write nothing to the store; then there are no inputDrvs" },
  impure: { kind: "boolean", help: "accepted for compatibility: evaluation is impure unless --option pure-eval true" },
} as const;

type Given = Flags<typeof flags>;

export const command: Command = defineCommand({
  name: "firn eval-jobs",
  summary:
    "Evaluates all attributes of a tree in several processes and prints each as a line of JSON when it is ready.",
  usage: "FILE | -E EXPR",
  flags,
  notes: `
Each line has attr, attrPath, and either error, or name, system, drvPath, outputs, inputDrvs, requiredSystemFeatures,
for aggregates constituents and namedConstituents, and what --meta and --check-cache-status add. An attribute that fails,
loops, recurses without end or takes all memory gets an error; the others go on.

Examples:
  firn eval-jobs --force-recurse distro/release.nix
  firn eval-jobs -E 'with import <nixpkgs> { }; { inherit hello firefox; }' --workers 2 --max-memory-size 2048

Exit codes: 0 all attributes were looked at, whatever their results; 1 the tree itself failed; 2 wrong usage; 130 interrupted.`,
  async run({ flags: given, operands }, { signal }) {
    const source = sourceOf(given, operands);
    const opened = await openStore(given.store);
    try {
      const printer = new Printer(given, opened);
      for await (const found of evaluateTree({
        ...evaluationOptions(given),
        ...limitsOf(given),
        source,
        attributePath: treePath(given.attr),
        root: opened.root,
        signal,
        onLog: (line) => printer.say(line),
        realise: (requests) => realiseImports(opened, requests, signal),
      })) {
        await printer.print(found);
      }
      printer.end();
      return 0;
    } finally {
      opened.close();
    }
  },
});

function sourceOf(given: Given, [file, ...more]: readonly string[]): Source {
  if (more.length === 0 && file !== undefined && given.expr === undefined) {
    requireFile(file);
    return { type: "file", path: file };
  }
  if (file === undefined && given.expr !== undefined) return { type: "text", text: given.expr };
  throw new AppError("CLI_USAGE", "Give one file, or one expression with --expr", { exitCode: 2 });
}

function treePath([path = "", ...more]: readonly string[]): string {
  if (more.length === 0) return path;
  throw new AppError("CLI_USAGE", "Flag '--attr' names one tree", { exitCode: 2 });
}

function limitsOf(given: Given): Omit<Parameters<typeof evaluateTree>[0], "source" | "root"> {
  const processCount = wholeNumber("--workers", given.workers ?? String(Math.min(4, availableParallelism())));
  const timeoutS = wholeNumber("--timeout", given.timeout ?? "600");
  return {
    processCount: Math.max(1, processCount),
    memoryLimitMib: wholeNumber("--max-memory-size", given.maxMemorySize ?? "4096"),
    ...(timeoutS === 0 ? {} : { timeoutMs: timeoutS * 1000 }),
    forceRecurse: given.forceRecurse,
    meta: given.meta,
    readOnly: given.noInstantiate,
  };
}

/** Lines on standard output; on a terminal a status line below them. */
class Printer {
  readonly #given: Given;
  readonly #store: LocalStore;
  #derivationCount = 0;
  #errorCount = 0;

  constructor(given: Given, store: LocalStore) {
    this.#given = given;
    this.#store = store;
  }

  async print(found: EvaluatedAttribute): Promise<void> {
    const head = { attr: attributeName(found.attributePath), attrPath: found.attributePath };
    let line: object;
    if ("error" in found) {
      this.#errorCount++;
      const { message, details, hint } = found.error;
      line = { ...head, error: [message, details, hint].filter((part) => part !== undefined).join("\n") };
    } else {
      this.#derivationCount++;
      line = { ...head, ...this.#derivationLine(found.derivation) };
    }
    this.#clear();
    // A reader that is slower than we are must not make us hold all lines.
    if (!process.stdout.write(`${JSON.stringify(line)}\n`)) {
      await new Promise((resolve) => process.stdout.once("drain", resolve));
    }
    if (isLive) process.stderr.write(`${found.doneCount}/${found.knownCount} attributes, ${this.#summary()}`);
  }

  #derivationLine(derivation: AttributeDerivation): object {
    const { name, system, drvPath, outputs, inputDrvs, requiredSystemFeatures, constituents } = derivation;
    const { gcRootsDir, checkCacheStatus } = this.#given;
    if (gcRootsDir !== undefined) this.#store.addIndirectRoot(join(gcRootsDir, basename(drvPath)), drvPath);
    return {
      name,
      system,
      drvPath,
      outputs,
      ...(inputDrvs === null ? {} : { inputDrvs }),
      requiredSystemFeatures,
      ...(constituents === null ? {} : { constituents: constituents.drvPaths, namedConstituents: constituents.names }),
      ...("meta" in derivation ? { meta: derivation.meta } : {}),
      ...(checkCacheStatus ? this.#cacheStatus(outputs) : {}),
    };
  }

  #cacheStatus(outputs: AttributeDerivation["outputs"]): object {
    const isCached = Object.values(outputs).every((path) => path !== "" && this.#store.isValidPath(path));
    return { isCached, cacheStatus: isCached ? "local" : "notBuilt" };
  }

  say(line: string): void {
    this.#clear();
    say(line);
  }

  end(): void {
    this.say(this.#summary());
  }

  #summary(): string {
    return `${this.#derivationCount} derivations, ${this.#errorCount} errors`;
  }

  #clear(): void {
    if (isLive) process.stderr.write("\r\u001b[K");
  }
}

/** `a.b`, and `a."b.c"` where a name has a dot. */
function attributeName(path: readonly string[]): string {
  return path.map((name) => (name.includes(".") ? `"${name}"` : name)).join(".");
}
