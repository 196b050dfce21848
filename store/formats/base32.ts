/**
 * Nix's base-32: an alphabet without e, o, t and u, digits written from the last bits to the first. Not RFC 4648.
 * Source: "The Purely Functional Software Deployment Model" (Dolstra 2006), section 5.1.
 */
import { AppError } from "../std/app-error.ts";

export const BASE32_ALPHABET = "0123456789abcdfghijklmnpqrsvwxyz";

const DIGIT_OF = new Int8Array(256).fill(-1);
for (let i = 0; i < 32; i++) DIGIT_OF[BASE32_ALPHABET.charCodeAt(i)] = i;

/** Number of characters that encode this many bytes. */
export function base32Length(byteCount: number): number {
  return byteCount === 0 ? 0 : Math.floor((byteCount * 8 - 1) / 5) + 1;
}

export function encodeBase32(bytes: Uint8Array): string {
  let text = "";
  for (let n = base32Length(bytes.length) - 1; n >= 0; n--) {
    const bit = n * 5;
    const index = bit >> 3;
    const word = (bytes[index] ?? 0) | ((bytes[index + 1] ?? 0) << 8);
    text += BASE32_ALPHABET[(word >> (bit & 7)) & 31];
  }
  return text;
}

/** @throws AppError `STORE_BAD_HASH` for a foreign character, or padding bits that are not zero */
export function decodeBase32(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  for (let n = 0; n < text.length; n++) {
    const digit = base32Digit(text.charCodeAt(text.length - 1 - n));
    if (digit < 0) throw new AppError("STORE_BAD_HASH", `Cannot decode base-32 text '${text}': invalid character`);
    const bit = n * 5;
    const index = bit >> 3;
    const word = digit << (bit & 7);
    if (index < bytes.length) bytes[index] = (bytes[index] ?? 0) | (word & 255);
    if (index + 1 < bytes.length) bytes[index + 1] = (bytes[index + 1] ?? 0) | (word >> 8);
    const overflow = index + 1 < bytes.length ? 0 : index < bytes.length ? word >> 8 : word;
    if (overflow !== 0) throw new AppError("STORE_BAD_HASH", `Cannot decode base-32 text '${text}': stray last bits`);
  }
  return bytes;
}

/** Value of a base-32 digit given as char code, -1 when it is none. */
export function base32Digit(charCode: number): number {
  return charCode < 256 ? (DIGIT_OF[charCode] ?? -1) : -1;
}
