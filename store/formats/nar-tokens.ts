/**
 * The words of a NAR, Nix's archive format. Everything in it is a string: 64-bit little-endian length, bytes, zero
 * padding to 8. Words that always stand together are encoded once, together.
 * Source: Nix manual, "Nix Archive (NAR) format".
 */

/** One string of a NAR, from a byte string. */
export function narString(text: string): Buffer {
  const bytes = Buffer.alloc(8 + padded(text.length));
  bytes.writeUInt32LE(text.length, 0);
  bytes.write(text, 8, "latin1");
  return bytes;
}

/** Rounded up to a multiple of 8. */
export function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

function words(...texts: string[]): Buffer {
  return Buffer.concat(texts.map(narString));
}

export const NAR_MAGIC = "nix-archive-1";
export const NAR_HEADER: Buffer = words(NAR_MAGIC);
export const NAR_DIRECTORY: Buffer = words("(", "type", "directory");
export const NAR_REGULAR: Buffer = words("(", "type", "regular", "contents");
export const NAR_EXECUTABLE: Buffer = words("(", "type", "regular", "executable", "", "contents");
export const NAR_SYMLINK: Buffer = words("(", "type", "symlink", "target");
export const NAR_ENTRY: Buffer = words("entry", "(", "name");
export const NAR_NODE: Buffer = words("node");
export const NAR_CLOSE: Buffer = words(")");
export const NAR_ZEROS: Buffer = Buffer.alloc(8);
