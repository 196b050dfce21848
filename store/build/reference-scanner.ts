/**
 * Finds which of some store paths a stream of bytes mentions: a path is mentioned when its hash part (32 characters of
 * Nix's base-32) occurs anywhere. Looks at the last character of each window first, so that text which is no base-32
 * is skipped 32 bytes at a time.
 */
import { BASE32_ALPHABET } from "../formats/base32.ts";
import { HASH_PART_LENGTH, storePathHashPart } from "../formats/store-path.ts";
import { compareBytes } from "../std/byte-string.ts";

const IS_BASE32 = new Uint8Array(256);
for (const character of BASE32_ALPHABET) IS_BASE32[character.charCodeAt(0)] = 1;
const OVERLAP = HASH_PART_LENGTH - 1;

export class ReferenceScanner {
  /** Hash part -> path, of the candidates not seen yet. */
  readonly #unseen: Map<string, string>;
  readonly #found: string[] = [];
  #tail: Buffer = Buffer.alloc(0);

  constructor(candidates: Iterable<string>, storeDir: string) {
    this.#unseen = new Map([...candidates].map((path) => [storePathHashPart(path, storeDir), path]));
  }

  write(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const border = Buffer.concat([this.#tail, bytes.subarray(0, OVERLAP)]);
    this.#scan(border);
    this.#scan(bytes);
    // copied: the chunk is only ours during the call
    this.#tail = Buffer.from(bytes.length >= OVERLAP ? bytes.subarray(-OVERLAP) : border.subarray(-OVERLAP));
  }

  #scan(bytes: Buffer): void {
    const last = bytes.length - HASH_PART_LENGTH;
    for (let start = 0; start <= last; ) {
      let offset = OVERLAP;
      while (offset >= 0 && IS_BASE32[bytes[start + offset] ?? 0] === 1) offset -= 1;
      if (offset >= 0) {
        start += offset + 1;
      } else {
        this.#check(bytes.toString("latin1", start, start + HASH_PART_LENGTH));
        start += 1;
      }
    }
  }

  #check(hashPart: string): void {
    const path = this.#unseen.get(hashPart);
    if (path === undefined) return;
    this.#unseen.delete(hashPart);
    this.#found.push(path);
  }

  /** Sorted. */
  found(): string[] {
    return this.#found.sort(compareBytes);
  }
}
