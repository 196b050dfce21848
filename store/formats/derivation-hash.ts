/**
 * Output paths of derivations. An input-addressed output's path is made from the *masked* hash of its derivation: the
 * `.drv` text with its own output paths blanked and each input derivation's path replaced by that derivation's hash
 * (hashDerivationModulo). A fixed-output derivation counts only by its output, so changing how something is fetched
 * changes nothing that uses it. Hashes of inputs are memoised by path: each derivation of a graph is hashed once.
 * Source: Nix manual, "Derivation and deriving path"; Dolstra 2006, section 5.4.1.
 */
import { AppError } from "../std/app-error.ts";
import { DerivationPrinter, serializeDerivation } from "./derivation.ts";
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

/** A derivation with all paths that can be known, and what follows from them. */
export interface FinishedDerivation {
  readonly derivation: Derivation;
  /** What its `.drv` file holds. */
  readonly contents: string;
  /** Its hash as those that use it see it, base-16. */
  readonly hash: string;
}

type Paths = ReadonlyMap<string, string>;

const noPaths: Paths = new Map();
const noInputs: Derivation["inputDrvs"] = new Map();

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
    return this.#memo.get(drvPath) ?? this.#hashRead(drvPath);
  }

  #hashRead(drvPath: string): string {
    const derivation = this.#read(drvPath);
    const hash =
      promisedHash(derivation) ??
      hashHex("sha256", new DerivationPrinter(derivation).print({ inputDrvs: this.#inputHashes(derivation) }));
    this.remember(drvPath, { derivation, hash });
    return hash;
  }

  /** What the paths of input-addressed outputs are made from. */
  maskedHash(derivation: Derivation): string {
    const inputDrvs = this.#inputHashes(derivation);
    return hashHex("sha256", new DerivationPrinter(derivation).print({ paths: noPaths, inputDrvs }));
  }

  /** What a finished derivation's path is, so that its `.drv` need not be read back. */
  remember(drvPath: string, { derivation, hash }: Pick<FinishedDerivation, "derivation" | "hash">): void {
    this.#memo.set(drvPath, hash);
    for (const { path } of derivation.outputs.values()) if (path === "") this.#deferred.add(drvPath);
  }

  /**
   * Fills in the output paths, and the environment variables named after the outputs.
   * @param derivation with empty output paths
   */
  finish(name: string, derivation: Derivation): FinishedDerivation {
    const fixed = fixedOutputOf(derivation);
    if (fixed !== null) return this.#finishFixed(name, derivation, fixed);
    if (isFloating(derivation)) return this.#finishFloating(derivation);
    const printer = new DerivationPrinter(withPaths(derivation, noPaths));
    const inputDrvs = this.#inputHashes(derivation);
    const paths = this.#pathsByInput(name, derivation, () =>
      hashHex("sha256", printer.print({ paths: noPaths, inputDrvs })),
    );
    const hash = hashHex("sha256", printer.print({ paths, inputDrvs }));
    return { derivation: withPaths(derivation, paths), contents: printer.print({ paths }), hash };
  }

  #finishFixed(name: string, derivation: Derivation, { method, hash }: FixedOutput): FinishedDerivation {
    const path =
      method === "text"
        ? makeStorePath("text", formatDigest(hash, "base16"), name, this.#storeDir)
        : makeFixedOutputPath(name, method, hash, { storeDir: this.#storeDir });
    const finished = withPaths(derivation, new Map([["out", path]]));
    return { derivation: finished, contents: serializeDerivation(finished), hash: promisedHash(finished) ?? "" };
  }

  #finishFloating(derivation: Derivation): FinishedDerivation {
    const finished = withPlaceholders(derivation);
    const printer = new DerivationPrinter(finished);
    const hash =
      promisedHash(finished) ?? hashHex("sha256", printer.print({ inputDrvs: this.#inputHashes(derivation) }));
    return { derivation: finished, contents: printer.print(), hash };
  }

  #pathsByInput(name: string, derivation: Derivation, hashMasked: () => string): Paths {
    for (const path of derivation.inputDrvs.keys()) if (this.#deferred.has(path)) return noPaths;
    const hash = hashMasked();
    const paths = new Map<string, string>();
    for (const output of derivation.outputs.keys()) {
      paths.set(output, makeOutputPath(output, hash, name, this.#storeDir));
    }
    return paths;
  }

  /** Inputs that have the same hash count as one. */
  #inputHashes({ inputDrvs }: Derivation): Derivation["inputDrvs"] {
    if (inputDrvs.size === 0) return noInputs;
    const inputs = new Map<string, readonly string[]>();
    for (const [drvPath, names] of inputDrvs) {
      const hash = this.hashOf(drvPath);
      const seen = inputs.get(hash);
      inputs.set(hash, seen === undefined ? names : [...seen, ...names]);
    }
    return inputs;
  }
}

/** A fixed output counts by what it promises, not by how it is made; null for other derivations. */
function promisedHash(derivation: Derivation): string | null {
  // What is built anew each time has no hash of its own: whoever uses it is not known before it is built either.
  for (const { hash } of derivation.outputs.values()) if (hash === impureHash) return hashHex("sha256", impureHash);
  const output = derivation.outputs.get("out");
  if (output === undefined || fixedOutputOf(derivation) === null) return null;
  return hashHex("sha256", `fixed:out:${output.hashAlgorithm}:${output.hash}:${output.path}`);
}

function withPaths(derivation: Derivation, paths: Paths): Derivation {
  const outputs = new Map<string, DerivationOutput>();
  const env = new Map(derivation.env);
  for (const [name, output] of derivation.outputs) {
    const path = paths.get(name) ?? "";
    outputs.set(name, { ...output, path });
    env.set(name, path);
  }
  return { ...derivation, outputs, env };
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
