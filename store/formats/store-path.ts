/**
 * Store paths: `<storeDir>/<32 characters of base-32>-<name>`, where the hash part is a digest, folded to 20 bytes, of
 * a *fingerprint* `<type>:sha256:<inner hash>:<storeDir>:<name>`. What the type and the inner hash are depends on how
 * the path came to be: text, source tree, fixed output, output of a derivation.
 * Source: Nix manual, "Complete Store Path Calculation".
 */
import { AppError } from "../std/app-error.ts";
import { compareBytes } from "../std/byte-string.ts";
import { encodeBase32 } from "./base32.ts";
import { compressDigest, formatDigest, type Hash, hashBytes, hashHex } from "./hash.ts";

export const DEFAULT_STORE_DIR = "/nix/store";
export const HASH_PART_LENGTH = 32;
const MAX_NAME_LENGTH = 211;

const NAME = /^[0-9a-zA-Z+\-._?=]+$/;
const HASH_PART = /^[0-9abcdfghijklmnpqrsvwxyz]{32}$/;

export interface ParsedStorePath {
  readonly hashPart: string;
  readonly name: string;
}

/** How the bytes of a content-addressed path were hashed: `flat` its file's bytes, `recursive` its NAR. */
export type FileIngestion = "flat" | "recursive";

/** Why a name cannot be that of a store path, or null when it can. */
export function storeNameProblem(name: string): string | null {
  if (name === "") return "it is empty";
  if (name.length > MAX_NAME_LENGTH) return `it is longer than ${MAX_NAME_LENGTH} characters`;
  if (!NAME.test(name)) return "only letters, digits and '+-._?=' are allowed";
  if (/^\.{1,2}(-|$)/.test(name)) return "'.' and '..' are not allowed, alone or before '-'";
  return null;
}

/** @throws AppError `STORE_BAD_NAME` */
export function checkStoreName(name: string): void {
  const problem = storeNameProblem(name);
  if (problem !== null) throw new AppError("STORE_BAD_NAME", `Invalid store path name '${name}': ${problem}`);
}

/** Splits `<hash part>-<name>`; null when it is no base name of a store path. */
export function parseBaseName(baseName: string): ParsedStorePath | null {
  const hashPart = baseName.slice(0, HASH_PART_LENGTH);
  const name = baseName.slice(HASH_PART_LENGTH + 1);
  if (baseName[HASH_PART_LENGTH] !== "-" || !HASH_PART.test(hashPart) || storeNameProblem(name) !== null) return null;
  return { hashPart, name };
}

export function isStorePath(path: string, storeDir: string = DEFAULT_STORE_DIR): boolean {
  return path.startsWith(`${storeDir}/`) && parseBaseName(path.slice(storeDir.length + 1)) !== null;
}

/** @throws AppError `STORE_BAD_PATH` */
export function parseStorePath(path: string, storeDir: string = DEFAULT_STORE_DIR): ParsedStorePath {
  const parsed = path.startsWith(`${storeDir}/`) ? parseBaseName(path.slice(storeDir.length + 1)) : null;
  if (parsed === null) throw new AppError("STORE_BAD_PATH", `Path '${path}' is not a store path`);
  return parsed;
}

/** `/nix/store/x/bin/sh` -> `/nix/store/x`; null when the path is not inside the store. */
export function toStorePath(path: string, storeDir: string = DEFAULT_STORE_DIR): string | null {
  if (!path.startsWith(`${storeDir}/`)) return null;
  const slash = path.indexOf("/", storeDir.length + 1);
  const top = slash < 0 ? path : path.slice(0, slash);
  return isStorePath(top, storeDir) ? top : null;
}

export function storePathName(path: string, storeDir: string = DEFAULT_STORE_DIR): string {
  return parseStorePath(path, storeDir).name;
}

export function storePathHashPart(path: string, storeDir: string = DEFAULT_STORE_DIR): string {
  return parseStorePath(path, storeDir).hashPart;
}

export function isDerivationPath(path: string): boolean {
  return path.endsWith(".drv");
}

/** Name of the derivation that a `.drv` path holds. */
export function derivationName(drvPath: string, storeDir: string = DEFAULT_STORE_DIR): string {
  const name = storePathName(drvPath, storeDir);
  if (!name.endsWith(".drv")) throw new AppError("STORE_BAD_PATH", `Path '${drvPath}' is not a derivation`);
  return name.slice(0, -4);
}

/**
 * The general form.
 * @param type `source`, `text:<ref>..`, `output:<id>`
 * @param innerHex base-16 sha256
 */
export function makeStorePath(type: string, innerHex: string, name: string, storeDir: string): string {
  checkStoreName(name);
  const fingerprint = hashBytes("sha256", `${type}:sha256:${innerHex}:${storeDir}:${name}`);
  return `${storeDir}/${encodeBase32(compressDigest(fingerprint.digest, 20))}-${name}`;
}

function typeWithReferences(type: string, references: readonly string[]): string {
  return [type, ...[...references].sort(compareBytes)].join(":");
}

/** Path of a text file (`builtins.toFile`, `.drv`); `contents` is a byte string. */
export function makeTextPath(
  name: string,
  contents: string | Uint8Array,
  references: readonly string[] = [],
  storeDir: string = DEFAULT_STORE_DIR,
): string {
  return makeTextPathFromHash(name, hashHex("sha256", contents), references, storeDir);
}

/** As {@link makeTextPath}, of the contents' base-16 sha256. */
export function makeTextPathFromHash(
  name: string,
  contentsHex: string,
  references: readonly string[],
  storeDir: string,
): string {
  return makeStorePath(typeWithReferences("text", references), contentsHex, name, storeDir);
}

/** Path of anything addressed by its contents: sources, and outputs of fixed-output derivations. */
export function makeFixedOutputPath(
  name: string,
  method: FileIngestion,
  hash: Hash,
  options: { readonly references?: readonly string[]; readonly storeDir?: string } = {},
): string {
  const storeDir = options.storeDir ?? DEFAULT_STORE_DIR;
  const references = options.references ?? [];
  const hex = formatDigest(hash, "base16");
  if (method === "recursive" && hash.algorithm === "sha256") {
    return makeStorePath(typeWithReferences("source", references), hex, name, storeDir);
  }
  if (references.length > 0) {
    throw new AppError("STORE_BAD_PATH", `Path '${name}' cannot have references: only a recursive sha256 hash can`);
  }
  const inner = hashHex("sha256", `fixed:out:${method === "recursive" ? "r:" : ""}${hash.algorithm}:${hex}:`);
  return makeStorePath("output:out", inner, name, storeDir);
}

/** `hello` and `dev` -> `hello-dev`; the output `out` adds nothing. */
export function outputPathName(name: string, outputName: string): string {
  return outputName === "out" ? name : `${name}-${outputName}`;
}

/** @param derivationHex masked hash of the derivation, base-16 (see `derivation-hash.ts`) */
export function makeOutputPath(
  outputName: string,
  derivationHex: string,
  name: string,
  storeDir: string = DEFAULT_STORE_DIR,
): string {
  return makeStorePath(`output:${outputName}`, derivationHex, outputPathName(name, outputName), storeDir);
}

/** Stands for the path of another derivation's output, where only its build tells it. */
export function upstreamPlaceholder(drvPath: string, outputName: string, storeDir: string = DEFAULT_STORE_DIR): string {
  const name = outputPathName(derivationName(drvPath, storeDir), outputName);
  const text = `nix-upstream-output:${storePathHashPart(drvPath, storeDir)}:${name}`;
  return `/${encodeBase32(hashBytes("sha256", text).digest)}`;
}

/** What `builtins.placeholder` gives: stands for an output's path until the builder runs. */
export function hashPlaceholder(outputName: string): string {
  return `/${encodeBase32(hashBytes("sha256", `nix-output:${outputName}`).digest)}`;
}
