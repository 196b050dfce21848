/** From what a user names (a file, an expression, an attribute of the distro) to derivations in the store. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type EvaluatedDerivation, type EvaluateOptions, evaluate } from "#evaluator/api.ts";
import type { LocalStore, Store } from "#store/api.ts";
import { AppError } from "#store/std/app-error.ts";
import { distroFolder } from "./project.ts";

export type Source = EvaluateOptions["source"];

/** A source and the attributes to take from it; no attribute means the value itself. */
export interface Installable {
  readonly source: Source;
  readonly attributePaths: readonly string[];
}

export type InstantiateOptions = Pick<
  EvaluateOptions,
  "autoArgs" | "searchPath" | "showTrace" | "onLog" | "readOnly"
> & {
  readonly signal: AbortSignal;
  /** Where what an evaluation imports is built, if not in its own store. */
  readonly daemon?: Store | null;
};

/**
 * `--file`, `--expr`, operands: an operand is a file when it exists, else an attribute of the file that was given, else of
 * Firn's own distro.
 */
export function installablesOf(given: {
  readonly file: string | undefined;
  readonly expr: string | undefined;
  readonly attr: readonly string[];
  readonly operands: readonly string[];
}): Installable[] {
  const named = sourceOf(given.file, given.expr);
  if (named !== null) return [{ source: named, attributePaths: [...given.attr, ...given.operands] }];
  for (const operand of given.operands) if (operand.endsWith(".nix")) requireFile(operand);
  const files = given.operands.filter(isFile);
  const attributes = [...given.attr, ...given.operands.filter((operand) => !isFile(operand))];
  if (files.length > 0)
    return files.map((path) => ({ source: { type: "file", path: resolve(path) }, attributePaths: attributes }));
  if (attributes.length === 0) {
    throw new AppError("CLI_USAGE", "Nothing to evaluate was given", {
      exitCode: 2,
      hint: "give a file, an attribute such as 'hello', or --expr EXPRESSION; --help tells more",
    });
  }
  return [{ source: { type: "file", path: distroFolder }, attributePaths: attributes }];
}

export function sourceOf(file: string | undefined, expr: string | undefined): Source | null {
  if (file !== undefined && expr !== undefined)
    throw new AppError("CLI_USAGE", "Flags '--file' and '--expr' exclude each other", { exitCode: 2 });
  if (expr !== undefined) return { type: "text", text: expr };
  if (file === undefined) return null;
  return file.startsWith("<") ? { type: "text", text: file } : { type: "file", path: resolve(file) };
}

/** Derivations of all installables, written to the store; import-from-derivation builds in the same store. */
export async function instantiate(
  store: LocalStore,
  installables: readonly Installable[],
  { daemon, ...options }: InstantiateOptions,
): Promise<EvaluatedDerivation[]> {
  const found: EvaluatedDerivation[] = [];
  for (const { source, attributePaths } of installables) {
    for (const attributePath of attributePaths.length === 0 ? [""] : attributePaths) {
      const answer = await evaluate({
        ...options,
        source,
        attributePath,
        root: store.root,
        output: { type: "instantiate" },
        realise: (requests) =>
          daemon === undefined || daemon === null
            ? realiseImports(store, requests, options.signal)
            : realiseImportsAt(daemon, requests, { store, signal: options.signal }),
      });
      if (answer.type === "derivations") found.push(...answer.derivations);
    }
  }
  return found;
}

/** Makes what an evaluation reads out of derivations. */
export async function realiseImports(
  store: LocalStore,
  requests: readonly { readonly drvPath: string; readonly outputs: readonly string[] }[],
  signal: AbortSignal,
): Promise<void> {
  const { realise } = await import("./realise.ts");
  await realise(store, requests, { signal });
}

/** The same by a daemon; what it built is copied to where the evaluation reads. */
async function realiseImportsAt(
  daemon: Store,
  requests: readonly { readonly drvPath: string; readonly outputs: readonly string[] }[],
  { store, signal }: { readonly store: LocalStore; readonly signal: AbortSignal },
): Promise<void> {
  const { realise } = await import("./realise.ts");
  const results = await realise(store, requests, { signal, daemon });
  const { fetchClosure } = await import("./daemon-client.ts");
  await fetchClosure(
    store,
    daemon,
    results.flatMap(({ outputs }) => Object.values(outputs)),
  );
}

/** @throws AppError `CLI_NO_FILE` */
export function requireFile(path: string): void {
  if (existsSync(path)) return;
  throw new AppError("CLI_NO_FILE", `There is no file '${path}'`, { hint: `the current folder is '${process.cwd()}'` });
}

function isFile(operand: string): boolean {
  return operand.includes("/") || operand === "." || operand.endsWith(".nix") ? existsSync(operand) : false;
}
