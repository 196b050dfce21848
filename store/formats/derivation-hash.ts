/**
 * Output paths of derivations. An input-addressed output's path is made from the *masked* hash of its derivation: the
 * `.drv` text with its own output paths blanked and each input derivation's path replaced by that derivation's hash
 * (hashDerivationModulo). A fixed-output derivation counts only by its output, so changing how something is fetched
 * changes nothing that uses it. Hashes of inputs are memoised by path: each derivation of a graph is hashed once.
 * Source: Nix manual, "Derivation and deriving path"; Dolstra 2006, section 5.4.1.
 */
import { AppError } from "../std/app-error.ts";
import { serializeDerivation } from "./derivation.ts";
import type { Derivation, DerivationOutput } from "./derivation-type.ts";
import { formatDigest, type Hash, hashHex, isHashAlgorithm, parseHash } from "./hash.ts";
import {
  DEFAULT_STORE_DIR,
  type FileIngestion,
  hashPlaceholder,
  makeFixedOutputPath,
  makeOutputPath,
  makeStorePath,
} from "./store-path.ts";

/** Stands for the hash of outputs that are built anew each time. */
const impureHash = "impure";

/** What a fixed-output derivation promises. */
export interface FixedOutput {
  readonly method: FileIngestion | "text";
  readonly hash: Hash;
}

/** The promise of a fixed-output derivation, null for any other. */
export function fixedOutputOf(derivation: Derivation): FixedOutput | null {
  const output = derivation.outputs.get("out");
  if (output === undefined || derivation.outputs.size !== 1 || output.hash === "") return null;
  if (output.hash === impureHash) return null;
  return parseFixedOutput(output);
}

function parseFixedOutput(output: DerivationOutput): FixedOutput {
  const [, prefix = "", algorithm = ""] = /^(r:|text:)?(.*)$/.exec(output.hashAlgorithm) ?? [];
  const method = prefix === "" ? "flat" : prefix === "r:" ? "recursive" : "text";
  if (!isHashAlgorithm(algorithm)) {
    throw new AppError("STORE_BAD_DERIVATION", `Unknown output hash algorithm '${output.hashAlgorithm}'`);
  }
  return { method, hash: parseHash(output.hash, algorithm) };
}

/**
 * Hash of a derivation as its users see it, base-16.
 * @param inputHash this same hash of an input derivation
 */
export function hashDerivationModulo(
  derivation: Derivation,
  inputHash: (drvPath: string) => string,
  maskOutputs: boolean,
): string {
  const output = derivation.outputs.get("out");
  // What is built anew each time has no hash of its own: whoever uses it is not known before it is built either.
  if ([...derivation.outputs.values()].some(({ hash }) => hash === impureHash)) return hashHex("sha256", impureHash);
  if (output !== undefined && fixedOutputOf(derivation) !== null) {
    return hashHex("sha256", `fixed:out:${output.hashAlgorithm}:${output.hash}:${output.path}`);
  }
  const inputDrvs = new Map<string, string[]>();
  for (const [drvPath, names] of derivation.inputDrvs) {
    const hash = inputHash(drvPath);
    const seen = inputDrvs.get(hash);
    if (seen === undefined) inputDrvs.set(hash, [...names]);
    else seen.push(...names);
  }
  return hashHex("sha256", serializeDerivation(derivation, { maskOutputs, inputDrvs }));
}

/** Hashes derivations of a graph, each once. One for a whole evaluation; it holds 64 characters a derivation. */
export class DerivationHasher {
  readonly #memo = new Map<string, string>();
  /** Derivations with outputs whose paths are known only when they are built. */
  readonly #deferred = new Set<string>();
  readonly #read: (drvPath: string) => Derivation;
  readonly #storeDir: string;

  /** @param read gives an input derivation that was not handed to {@link remember} */
  constructor(read: (drvPath: string) => Derivation, storeDir: string = DEFAULT_STORE_DIR) {
    this.#read = read;
    this.#storeDir = storeDir;
  }

  /** Hash of the derivation at this path, read when it is not known yet. */
  hashOf(drvPath: string): string {
    return this.#memo.get(drvPath) ?? this.remember(drvPath, this.#read(drvPath));
  }

  /** Hashes a finished derivation, so that its `.drv` need not be read back. */
  remember(drvPath: string, derivation: Derivation): string {
    const hash = hashDerivationModulo(derivation, (path) => this.hashOf(path), false);
    this.#memo.set(drvPath, hash);
    if ([...derivation.outputs.values()].some(({ path }) => path === "")) this.#deferred.add(drvPath);
    return hash;
  }

  /**
   * Fills in the output paths, and the environment variables named after the outputs.
   * @param derivation with empty output paths
   */
  fillOutputs(name: string, derivation: Derivation): Derivation {
    const fixed = fixedOutputOf(derivation);
    if (fixed === null && isFloating(derivation)) return withPlaceholders(derivation);
    const pathOf = fixed === null ? this.#addressByInput(name, derivation) : this.#addressByOutput(name, fixed);
    const outputs = new Map<string, DerivationOutput>();
    const env = new Map(derivation.env);
    for (const [outputName, output] of derivation.outputs) {
      const path = pathOf(outputName);
      outputs.set(outputName, { ...output, path });
      env.set(outputName, path);
    }
    return { ...derivation, outputs, env };
  }

  #addressByOutput(name: string, fixed: FixedOutput): () => string {
    const { method, hash } = fixed;
    if (method === "text") return () => makeStorePath("text", formatDigest(hash, "base16"), name, this.#storeDir);
    return () => makeFixedOutputPath(name, method, hash, { storeDir: this.#storeDir });
  }

  #addressByInput(name: string, derivation: Derivation): (outputName: string) => string {
    const env = new Map(derivation.env);
    for (const outputName of derivation.outputs.keys()) env.set(outputName, "");
    const hash = hashDerivationModulo({ ...derivation, env }, (path) => this.hashOf(path), true);
    for (const path of derivation.inputDrvs.keys()) if (this.#deferred.has(path)) return () => "";
    return (outputName) => makeOutputPath(outputName, hash, name, this.#storeDir);
  }
}

/** Are the outputs addressed by what is built? */
function isFloating(derivation: Derivation): boolean {
  return [...derivation.outputs.values()].some(({ hashAlgorithm }) => hashAlgorithm !== "");
}

/** The builder's environment names outputs that have no path yet by placeholders. */
function withPlaceholders(derivation: Derivation): Derivation {
  const env = new Map(derivation.env);
  for (const name of derivation.outputs.keys()) env.set(name, hashPlaceholder(name));
  return { ...derivation, env };
}

/** References of the `.drv` file: its input derivations and sources, sorted. */
export function derivationReferences(derivation: Derivation): string[] {
  return [...new Set([...derivation.inputSrcs, ...derivation.inputDrvs.keys()])].sort();
}
