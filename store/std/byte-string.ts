/**
 * Byte strings: text that comes from Nix is a JavaScript string whose char codes are 0-255 (latin1), so that bytes keep
 * their identity and V8 stores one byte a character. It turns into UTF-8 only at the terminal and at the file system.
 */

const NON_ASCII = /[^\0-\x7f]/;

/** The bytes of a byte string. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** The byte string that holds these bytes. */
export function byteStringOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** An ordinary string (command line, environment) -> the byte string of its UTF-8 form. */
export function toByteString(text: string): string {
  return NON_ASCII.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;
}

/** A byte string -> ordinary text for people; bytes that are no UTF-8 become U+FFFD. */
export function fromByteString(text: string): string {
  return NON_ASCII.test(text) ? Buffer.from(text, "latin1").toString("utf8") : text;
}

/** A byte-string path in the form that `node:fs` takes without re-encoding it. */
export function fsPath(path: string): string | Buffer {
  return NON_ASCII.test(path) ? Buffer.from(path, "latin1") : path;
}

/** Order of byte strings, as Nix sorts: by unsigned bytes. */
export function compareBytes(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
