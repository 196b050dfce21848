/**
 * The driver alone, without the rest of Firn: `node driver/cli/main.ts run [--output DIR] [--verbose] FILES`. This is what
 * the derivation `vm-test-<name>` runs; for people there is `firn test`.
 */
import { parseArgs } from "node:util";
import { isAppError } from "#store/std/app-error.ts";
import { runVmTests } from "../run/run-vm-tests.ts";

const usage = "usage: main.ts run [--output DIR] [--grep PATTERN] [--verbose] FILES...";

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  const hint = isAppError(error) && error.hint !== undefined ? `\nhint: ${error.hint}` : "";
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}${hint}\n`);
  return isAppError(error) ? error.exitCode : 70;
});

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      output: { type: "string" },
      grep: { type: "string", multiple: true },
      verbose: { type: "boolean", default: false },
    },
  });
  const [command, ...files] = positionals;
  if (command !== "run" || files.length === 0) {
    process.stderr.write(`${usage}\n`);
    return 2;
  }
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => abort.abort());
  const result = await runVmTests(files, {
    write: (text) => process.stdout.write(text),
    verbose: values.verbose,
    signal: abort.signal,
    ...(values.output === undefined ? {} : { reportFolder: values.output }),
    ...(values.grep === undefined ? {} : { grep: values.grep }),
  });
  return result.exitCode;
}
