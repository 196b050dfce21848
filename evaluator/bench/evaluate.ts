/**
 * Evaluates from the command line, for measuring and for comparing with `nix-instantiate`:
 * `node evaluator/bench/evaluate.ts [--in-process] [-E text | file] [-A path] [--eval] [--strict] [--json] [--write root]`.
 * Prints what `nix-instantiate` would; time and memory go to stderr.
 */
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type EvaluateOptions, evaluate, hostSystem } from "../api.ts";
import { defaultSettings, type EvaluationAnswer } from "../request.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "in-process": { type: "boolean", default: false },
    expr: { type: "string", short: "E" },
    attr: { type: "string", short: "A", default: "" },
    include: { type: "string", short: "I", multiple: true, default: [] },
    eval: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    xml: { type: "boolean", default: false },
    write: { type: "string" },
    "show-trace": { type: "boolean", default: false },
  },
});

async function answer(options: EvaluateOptions): Promise<EvaluationAnswer> {
  if (!flags["in-process"]) return evaluate(options);
  const { runRequest } = await import("../worker/run-request.ts");
  const { openLocalStore } = await import("#store/api.ts");
  const folder = process.cwd();
  const { source } = options;
  return runRequest(
    {
      storeDir: "/nix/store",
      attributePath: "",
      autoArgs: {},
      searchPath: [],
      ...defaultSettings,
      system: hostSystem(),
      readOnly: true,
      showTrace: false,
      environment: process.env,
      folder,
      ...options,
      source: source.type === "file" ? { type: "file", path: resolve(source.path) } : { folder, ...source },
    },
    {
      openStore: (root) => openLocalStore({ root }),
      log: (line) => process.stderr.write(`${line}\n`),
      realise: () => {
        throw new Error("Cannot build here");
      },
    },
  );
}

const started = performance.now();
try {
  const result = await answer({
    source:
      flags.expr === undefined ? { type: "file", path: positionals[0] ?? "." } : { type: "text", text: flags.expr },
    attributePath: flags.attr,
    searchPath: flags.include,
    root: flags.write ?? join(tmpdir(), "firn-bench-root"),
    readOnly: flags.write === undefined,
    output: flags.eval
      ? { type: "value", format: flags.json ? "json" : flags.xml ? "xml" : "nix", strict: flags.strict }
      : { type: "instantiate" },
    showTrace: flags["show-trace"],
    onLog: (line) => process.stderr.write(`${line}\n`),
  });
  if (result.type === "value") process.stdout.write(`${result.text}\n`);
  else if (result.type === "derivations")
    for (const { drvPath } of result.derivations) process.stdout.write(`${drvPath}\n`);
} catch (error) {
  const shown = error as { message: string; hint?: string; details?: string; data?: { details?: string } };
  const parts = [`error: ${shown.message}`, shown.hint, shown.details ?? shown.data?.details];
  process.stderr.write(`${parts.filter((part) => part !== undefined).join("\n")}\n`);
  process.exitCode = 1;
}
const memoryMib = Math.round(process.resourceUsage().maxRSS / 1024);
process.stderr.write(`${Math.round(performance.now() - started)} ms, ${memoryMib} MiB\n`);
