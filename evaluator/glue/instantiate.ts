/**
 * From what `derivationStrict` gathered to a derivation with its output paths. Remembers, for every path it made, what
 * refers to what, since a read-only evaluation has no store to ask.
 */
import type { DerivationHasher, FinishedDerivation } from "#store/formats/derivation-hash.ts";
import type { Derivation, DerivationOutput } from "#store/formats/derivation-type.ts";
import { formatDigest, type HashAlgorithm, isHashAlgorithm, parseHash } from "#store/formats/hash.ts";
import { AppError } from "#store/std/app-error.ts";
import { type DerivationRequest, EvalIoError } from "../io.ts";

/** All paths that are inputs when a derivation is named as a whole, and the outputs of the derivations among them. */
export interface DerivationClosure {
  readonly paths: readonly string[];
  readonly outputsOf: (drvPath: string) => readonly string[];
}

export function makeDerivation(
  request: DerivationRequest,
  hasher: DerivationHasher,
  closureOf: (drvPath: string) => DerivationClosure,
): FinishedDerivation {
  const inputDrvs = new Map<string, readonly string[]>();
  for (const [drvPath, outputs] of request.inputDrvs) inputDrvs.set(drvPath, [...outputs].sort());
  const inputSrcs = new Set(request.inputSrcs);
  for (const drvPath of request.wholeDrvs) addWhole(closureOf(drvPath), inputDrvs, inputSrcs);
  const output = outputOf(request);
  const derivation: Derivation = {
    outputs: new Map(request.outputs.map((name) => [name, output])),
    inputDrvs,
    inputSrcs: [...inputSrcs].sort(),
    platform: request.platform,
    builder: request.builder,
    args: request.args,
    env: request.env,
  };
  return hasher.finish(request.name, derivation);
}

function outputOf({ name, fixed, floating }: DerivationRequest): DerivationOutput {
  if (fixed !== null) return fixedOutput(name, fixed);
  if (floating === null) return inputAddressed;
  const algorithm = parseAlgorithm(floating.algorithm) ?? "sha256";
  return { path: "", hashAlgorithm: prefixes[floating.mode] + algorithm, hash: floating.impure ? "impure" : "" };
}

const prefixes = { flat: "", recursive: "r:", text: "text:" } as const;

const inputAddressed: DerivationOutput = { path: "", hashAlgorithm: "", hash: "" };

function addWhole(closure: DerivationClosure, inputDrvs: Map<string, readonly string[]>, inputSrcs: Set<string>): void {
  for (const path of closure.paths) {
    inputSrcs.add(path);
    if (!path.endsWith(".drv")) continue;
    inputDrvs.set(path, [...new Set([...(inputDrvs.get(path) ?? []), ...closure.outputsOf(path)])].sort());
  }
}

function fixedOutput(name: string, fixed: NonNullable<DerivationRequest["fixed"]>): DerivationOutput {
  const algorithm = parseAlgorithm(fixed.algorithm);
  try {
    const hash = parseHash(fixed.hash === "" ? emptyHash(algorithm) : fixed.hash, algorithm);
    return { path: "", hashAlgorithm: prefixes[fixed.mode] + hash.algorithm, hash: formatDigest(hash, "base16") };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new EvalIoError("invalid", `${error.message} (in the derivation '${name}')`, { cause: error });
  }
}

function parseAlgorithm(text: string | null): HashAlgorithm | null {
  if (text === null) return null;
  if (isHashAlgorithm(text)) return text;
  throw new EvalIoError("invalid", `unknown hash algorithm '${text}'`);
}

const digestLengths: Readonly<Record<HashAlgorithm, number>> = { md5: 16, sha1: 20, sha256: 32, sha512: 64 };

/** An empty hash stands for all zeros: the build will fail and say the right one. */
function emptyHash(algorithm: HashAlgorithm | null): string {
  if (algorithm === null) throw new EvalIoError("invalid", "an empty hash needs an algorithm");
  return "0".repeat(digestLengths[algorithm] * 2);
}
