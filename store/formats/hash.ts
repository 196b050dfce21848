/**
 * Hashes as Nix writes them: base-16, Nix's base-32, base-64, and SRI (`sha256-<base64>`), with or without the
 * algorithm in front. One-shot hashing goes through `crypto.hash`, which is twice as fast as a hash object on short input.
 */
import { createHash, hash as oneShotHash } from "node:crypto";
import { AppError } from "../std/app-error.ts";
import { base32Length, decodeBase32, encodeBase32 } from "./base32.ts";

export type HashAlgorithm = "md5" | "sha1" | "sha256" | "sha512";

export interface Hash {
  readonly algorithm: HashAlgorithm;
  readonly digest: Uint8Array;
}

export type HashEncoding = "base16" | "base32" | "base64" | "sri";

const DIGEST_BYTES: Readonly<Record<HashAlgorithm, number>> = { md5: 16, sha1: 20, sha256: 32, sha512: 64 };

export function isHashAlgorithm(text: string): text is HashAlgorithm {
  return Object.hasOwn(DIGEST_BYTES, text);
}

export function digestLength(algorithm: HashAlgorithm): number {
  return DIGEST_BYTES[algorithm];
}

/**
 * Reads `sha256:<base16|base32|base64>`, `sha256-<base64>` (SRI), or the bare digits when the algorithm is given.
 * @param algorithm what the hash must be; null when the text has to say it
 * @throws AppError `STORE_BAD_HASH`
 */
export function parseHash(text: string, algorithm: HashAlgorithm | null = null): Hash {
  const separator = /^([a-z0-9]+)([:-])/.exec(text);
  const prefix = separator?.[1];
  const named = prefix !== undefined && (separator?.[2] === ":" || isHashAlgorithm(prefix)) ? prefix : null;
  if (named !== null && !isHashAlgorithm(named)) throw badHash(text, `unknown algorithm '${named}'`);
  if (named !== null && algorithm !== null && named !== algorithm) {
    throw badHash(text, `it should have algorithm '${algorithm}'`);
  }
  const resolved = named ?? algorithm;
  if (resolved === null) throw badHash(text, "it does not say its algorithm");
  const digits = named === null ? text : text.slice(named.length + 1);
  const isSri = named !== null && separator?.[2] === "-";
  return { algorithm: resolved, digest: parseDigits(text, digits, DIGEST_BYTES[resolved], isSri) };
}

function parseDigits(text: string, digits: string, byteCount: number, isSri: boolean): Uint8Array {
  if (!isSri && digits.length === byteCount * 2) {
    if (!/^[0-9a-fA-F]*$/.test(digits)) throw badHash(text, "invalid base-16 digits");
    return Buffer.from(digits, "hex");
  }
  if (!isSri && digits.length === base32Length(byteCount)) return decodeBase32(digits);
  if (isSri || digits.length === Math.ceil(byteCount / 3) * 4) {
    const digest = Buffer.from(digits, "base64");
    if (/^[A-Za-z0-9+/]*={0,2}$/.test(digits) && digest.length === byteCount) return digest;
    throw badHash(text, "invalid base-64 digits");
  }
  throw badHash(text, "it has the wrong length");
}

function badHash(text: string, why: string): AppError {
  return new AppError("STORE_BAD_HASH", `Cannot read hash '${text}': ${why}`);
}

/** Digits only, but for `sri`, which always names the algorithm. */
export function formatDigest(hash: Hash, encoding: HashEncoding): string {
  const digest = Buffer.from(hash.digest.buffer, hash.digest.byteOffset, hash.digest.byteLength);
  if (encoding === "base16") return digest.toString("hex");
  if (encoding === "base32") return encodeBase32(digest);
  const base64 = digest.toString("base64");
  return encoding === "sri" ? `${hash.algorithm}-${base64}` : base64;
}

/** `sha256:<digits>`, or `sha256-<base64>` for `sri`. */
export function formatHash(hash: Hash, encoding: HashEncoding): string {
  const digits = formatDigest(hash, encoding);
  return encoding === "sri" ? digits : `${hash.algorithm}:${digits}`;
}

/** Same algorithm and same digest. */
export function equalHashes(left: Hash, right: Hash): boolean {
  return left.algorithm === right.algorithm && Buffer.compare(left.digest, right.digest) === 0;
}

/** Byte strings are turned into bytes here, unless they are long. */
const scratch: Buffer = Buffer.allocUnsafeSlow(64 * 1024);

function toBytes(data: string | Uint8Array): Uint8Array {
  if (typeof data !== "string") return data;
  if (data.length > scratch.length) return Buffer.from(data, "latin1");
  return scratch.subarray(0, scratch.write(data, "latin1"));
}

/** Base-16 digest of bytes or of a byte string. */
export function hashHex(algorithm: HashAlgorithm, data: string | Uint8Array): string {
  return oneShotHash(algorithm, toBytes(data), "hex");
}

/** Hash of bytes or of a byte string. */
export function hashBytes(algorithm: HashAlgorithm, data: string | Uint8Array): Hash {
  return { algorithm, digest: oneShotHash(algorithm, toBytes(data), "buffer") };
}

/** Hashes a stream and counts its bytes. */
export class StreamHasher {
  readonly algorithm: HashAlgorithm;
  readonly #hash: ReturnType<typeof createHash>;
  sizeBytes = 0;

  constructor(algorithm: HashAlgorithm = "sha256") {
    this.algorithm = algorithm;
    this.#hash = createHash(algorithm);
  }

  update(chunk: Uint8Array): void {
    this.sizeBytes += chunk.length;
    this.#hash.update(chunk);
  }

  /** Ends the stream; call once. */
  finish(): Hash {
    return { algorithm: this.algorithm, digest: this.#hash.digest() };
  }
}

/** Folds a digest to `length` bytes by exclusive or, as store path hashes are cut to 20 bytes. */
export function compressDigest(digest: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(length);
  for (let i = 0; i < digest.length; i++) result[i % length] = (result[i % length] ?? 0) ^ (digest[i] ?? 0);
  return result;
}
