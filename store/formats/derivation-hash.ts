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
import { type Hash, hashHex, isHashAlgorithm, parseHash } from "./hash.ts";
import { DEFAULT_STORE_DIR, type FileIngestion, makeFixedOutputPath, makeOutputPath } from "./store-path.ts";

/** What a fixed-output derivation promises. */
export interface FixedOutput {
  readonly method: FileIngestion;
  readonly hash: Hash;
}

/** The promise of a fixed-output derivation, null for any other. */
export function fixedOutputOf(derivation: Derivation): FixedOutput | null {
  const output = derivation.outputs.get("out");
  if (output === undefined || derivation.outputs.size !== 1 || output.hash === "") return null;
  return parseFixedOutput(output);
}

function parseFixedOutput(output: DerivationOutput): FixedOutput {
  const method = output.hashAlgorithm.startsWith("r:") ? "recursive" : "flat";
  const algorithm = method === "recursive" ? output.hashAlgorithm.slice(2) : output.hashAlgorithm;
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
    return hash;
  }

  /**
   * Fills in the output paths, and the environment variables named after the outputs.
   * @param derivation with empty output paths
   */
  fillOutputs(name: string, derivation: Derivation): Derivation {
    const fixed = fixedOutputOf(derivation);
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
    return () => makeFixedOutputPath(name, fixed.method, fixed.hash, { storeDir: this.#storeDir });
  }

  #addressByInput(name: string, derivation: Derivation): (outputName: string) => string {
    const env = new Map(derivation.env);
    for (const outputName of derivation.outputs.keys()) env.set(outputName, "");
    const hash = hashDerivationModulo({ ...derivation, env }, (path) => this.hashOf(path), true);
    return (outputName) => makeOutputPath(outputName, hash, name, this.#storeDir);
  }
}

/** References of the `.drv` file: its input derivations and sources, sorted. */
export function derivationReferences(derivation: Derivation): string[] {
  return [...new Set([...derivation.inputSrcs, ...derivation.inputDrvs.keys()])].sort();
}
