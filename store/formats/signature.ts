/**
 * Signatures of store paths: ed25519 over a *fingerprint* of the path's name, NAR and references. Keys are
 * `<name>:<base64>`; a secret key is 64 bytes, seed then public key (libsodium's form), a public key 32.
 * Source: Nix manual, "nix key", and the fingerprint of `ValidPathInfo`.
 */
import {
  createPrivateKey,
  createPublicKey,
  sign as edSign,
  verify as edVerify,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { AppError } from "../std/app-error.ts";
import { compareBytes } from "../std/byte-string.ts";
import { formatHash, parseHash } from "./hash.ts";

export interface SecretKey {
  readonly name: string;
  readonly publicKeyText: string;
  readonly key: KeyObject;
}

export interface PublicKey {
  readonly name: string;
  readonly key: KeyObject;
}

function splitKey(text: string, byteCount: number, kind: string): { name: string; bytes: Buffer } {
  const colon = text.indexOf(":");
  const bytes = Buffer.from(text.slice(colon + 1).trim(), "base64");
  if (colon <= 0 || bytes.length !== byteCount) {
    throw new AppError(
      "STORE_BAD_KEY",
      `Cannot read ${kind} key: it should be '<name>:<base64 of ${byteCount} bytes>'`,
    );
  }
  return { name: text.slice(0, colon), bytes };
}

/** @throws AppError `STORE_BAD_KEY` */
export function parseSecretKey(text: string): SecretKey {
  const { name, bytes } = splitKey(text, 64, "secret");
  const x = bytes.subarray(32).toString("base64url");
  const d = bytes.subarray(0, 32).toString("base64url");
  const key = createPrivateKey({ key: { kty: "OKP", crv: "Ed25519", d, x }, format: "jwk" });
  return { name, key, publicKeyText: `${name}:${bytes.subarray(32).toString("base64")}` };
}

/** @throws AppError `STORE_BAD_KEY` */
export function parsePublicKey(text: string): PublicKey {
  const { name, bytes } = splitKey(text, 32, "public");
  const key = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: bytes.toString("base64url") },
    format: "jwk",
  });
  return { name, key };
}

/** Makes a key pair in Nix's format, as `nix-store --generate-binary-cache-key` does. */
export function generateKeyPair(name: string): { readonly secretKey: string; readonly publicKey: string } {
  const jwk = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const seed = Buffer.from(jwk.d ?? "", "base64url");
  const publicBytes = Buffer.from(jwk.x ?? "", "base64url");
  return {
    secretKey: `${name}:${Buffer.concat([seed, publicBytes]).toString("base64")}`,
    publicKey: `${name}:${publicBytes.toString("base64")}`,
  };
}

/** What is signed of a path. */
export interface SignedPath {
  readonly path: string;
  readonly narHash: string;
  readonly narSizeBytes: number;
  readonly references: readonly string[];
}

/** `1;<path>;sha256:<base32>;<size>;<references, sorted, by comma>` */
export function pathFingerprint(info: SignedPath): string {
  const narHash = formatHash(parseHash(info.narHash), "base32");
  const references = [...info.references].sort(compareBytes).join(",");
  return `1;${info.path};${narHash};${info.narSizeBytes};${references}`;
}

/** `<key name>:<base64>` */
export function signPath(secret: SecretKey, info: SignedPath): string {
  const signature = edSign(null, Buffer.from(pathFingerprint(info), "latin1"), secret.key);
  return `${secret.name}:${signature.toString("base64")}`;
}

/** True when `signature` is by one of the keys and fits the path. */
export function verifySignature(signature: string, info: SignedPath, keys: readonly PublicKey[]): boolean {
  const colon = signature.indexOf(":");
  const name = signature.slice(0, colon);
  const bytes = Buffer.from(signature.slice(colon + 1), "base64");
  const fingerprint = Buffer.from(pathFingerprint(info), "latin1");
  return keys.some((key) => key.name === name && edVerify(null, fingerprint, key.key, bytes));
}
