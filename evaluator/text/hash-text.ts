/** Nix's base 32: digits from the end of the bytes, without e, o, t and u. */
const alphabet = "0123456789abcdfghijklmnpqrsvwxyz";

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
