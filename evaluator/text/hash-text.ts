/** Hashes as text: base 16, Nix's base 32, base 64 and SRI, for `convertHash` and `placeholder`. */

export type HashFormat = "base16" | "nix32" | "base64" | "sri";

const alphabet = "0123456789abcdfghijklmnpqrsvwxyz";
const digestLengths: Readonly<Record<string, number>> = { md5: 16, sha1: 20, sha256: 32, sha512: 64 };

/** The text is no hash. The message is ready for the user. */
export class HashTextError extends Error {
  override readonly name: string = "HashTextError";
}

/** Nix's base 32: digits from the end of the bytes, without e, o, t and u. */
export function encodeBase32(bytes: Uint8Array): string {
  const length = Math.ceil((bytes.length * 8) / 5);
  let text = "";
  for (let digit = length - 1; digit >= 0; digit--) {
    const bit = digit * 5;
    const at = bit >> 3;
    const shift = bit & 7;
    const value = ((bytes[at] ?? 0) >> shift) | ((bytes[at + 1] ?? 0) << (8 - shift));
    text += alphabet[value & 31];
  }
  return text;
}

/** Null when the text is none of `length` bytes. */
export function decodeBase32(text: string, length: number): Uint8Array | null {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < text.length; index++) {
    const value = alphabet.indexOf(text.charAt(text.length - index - 1));
    if (value < 0) return null;
    const bit = index * 5;
    const at = bit >> 3;
    const shift = bit & 7;
    bytes[at] = (bytes[at] ?? 0) | ((value << shift) & 255);
    const carry = value >> (8 - shift);
    if (at + 1 < length) bytes[at + 1] = (bytes[at + 1] ?? 0) | carry;
    else if (carry !== 0) return null;
  }
  return bytes;
}

export interface ParsedHash {
  readonly algorithm: string;
  readonly digest: Uint8Array;
}

/**
 * `sha256:<digits>`, `sha256-<base 64>`, or digits alone with `algorithm`.
 * @throws HashTextError
 */
export function parseHashText(text: string, algorithm: string | null): ParsedHash {
  const named = /^(md5|sha1|sha256|sha512)([:-])/.exec(text);
  const actual = named?.[1] ?? algorithm;
  if (actual === null)
    throw new HashTextError(`hash '${text}' does not include a type, nor is the type known from context`);
  const length = digestLengths[actual];
  if (length === undefined) throw new HashTextError(`unknown hash algorithm '${actual}'`);
  if (named !== null && algorithm !== null && named[1] !== algorithm) {
    throw new HashTextError(`hash '${text}' should have type '${algorithm}'`);
  }
  const digest = parseDigits(text.slice(named?.[0].length ?? 0), length, named?.[2] === "-");
  if (digest === null) throw new HashTextError(`hash '${text}' is not a valid ${actual} hash`);
  return { algorithm: actual, digest };
}

function parseDigits(digits: string, length: number, isSri: boolean): Uint8Array | null {
  if (!isSri && digits.length === length * 2) {
    return /^[0-9a-fA-F]*$/.test(digits) ? new Uint8Array(Buffer.from(digits, "hex")) : null;
  }
  if (!isSri && digits.length === Math.ceil((length * 8) / 5)) return decodeBase32(digits, length);
  if (digits.length !== Math.ceil(length / 3) * 4 || !/^[A-Za-z0-9+/]*={0,2}$/.test(digits)) return null;
  const bytes = Buffer.from(digits, "base64");
  return bytes.length === length ? new Uint8Array(bytes) : null;
}

export function formatHashText({ algorithm, digest }: ParsedHash, format: HashFormat): string {
  const bytes = Buffer.from(digest);
  if (format === "base16") return bytes.toString("hex");
  if (format === "nix32") return encodeBase32(digest);
  const base64 = bytes.toString("base64");
  return format === "sri" ? `${algorithm}-${base64}` : base64;
}
