/**
 * Finds which store paths a tree refers to: by the 32 characters of their hash parts, wherever they stand in the NAR (in
 * contents, names and link targets). One pass, any number of candidates: a window slides to where 32 characters of the
 * base-32 alphabet stand in a row, jumping past any other byte, and a small table of first three characters rules out
 * nearly all that is left before anything is looked up.
 * Source of the idea: Dolstra 2006, section 3.4 (runtime dependencies by scanning).
 */
import { base32Digit } from "../formats/base32.ts";
import { hashTree, type NarDigest, writeNar } from "../formats/nar-writer.ts";
import { HASH_PART_LENGTH, storePathHashPart } from "../formats/store-path.ts";
import { compareBytes } from "../std/byte-string.ts";

const DIGITS = Int8Array.from({ length: 256 }, (_, charCode) => base32Digit(charCode));
const TAIL_BYTES = HASH_PART_LENGTH - 1;

export class ReferenceScanner {
  readonly #pathOf = new Map<string, string>();
  readonly #starts = new Uint8Array(32 * 32 * 32);
  readonly #found = new Set<string>();
  #tail: Buffer = Buffer.alloc(0);

  /** @param candidates store paths */
  constructor(candidates: Iterable<string>) {
    for (const path of candidates) {
      const hashPart = storePathHashPart(path, path.slice(0, path.lastIndexOf("/")));
      this.#pathOf.set(hashPart, path);
      this.#starts[startIndex(Buffer.from(hashPart, "latin1"), 0)] = 1;
    }
  }

  /** The next part of the stream. */
  update(chunk: Uint8Array): void {
    if (this.#found.size === this.#pathOf.size) return;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    // What straddles two chunks is seen in the join of their edges.
    const edge = Buffer.concat([this.#tail, bytes.subarray(0, TAIL_BYTES)]);
    this.#scan(edge);
    this.#scan(bytes);
    this.#tail =
      bytes.length >= TAIL_BYTES
        ? Buffer.from(bytes.subarray(bytes.length - TAIL_BYTES))
        : Buffer.from(edge.subarray(Math.max(0, edge.length - TAIL_BYTES)));
  }

  /** Candidates found so far, sorted. */
  found(): string[] {
    return [...this.#found].sort(compareBytes);
  }

  #scan(bytes: Buffer): void {
    let end = HASH_PART_LENGTH;
    // All bytes of the window before this one are known to be digits.
    let knownUntil = 0;
    while (end <= bytes.length) {
      let position = end - 1;
      while (position >= knownUntil && digitAt(bytes, position) >= 0) position--;
      const isBroken = position >= knownUntil;
      const next = isBroken ? position : this.#scanRun(bytes, end);
      knownUntil = isBroken ? end : next + 1;
      end = next + 1 + HASH_PART_LENGTH;
    }
  }

  /** Looks at every window of a run of digits, from the one that ends before `end`; returns where the run ends. */
  #scanRun(bytes: Buffer, end: number): number {
    let start = end - HASH_PART_LENGTH;
    let index = startIndex(bytes, start);
    for (let next = end; ; next++, start++) {
      if (this.#starts[index] === 1) this.#look(bytes, start);
      if (next >= bytes.length || digitAt(bytes, next) < 0) return next;
      index = ((index << 5) & 0x7fff) | digitAt(bytes, start + 3);
    }
  }

  #look(bytes: Buffer, start: number): void {
    const path = this.#pathOf.get(bytes.toString("latin1", start, start + HASH_PART_LENGTH));
    if (path !== undefined) this.#found.add(path);
  }
}

function digitAt(bytes: Buffer, position: number): number {
  return DIGITS[bytes[position] ?? 0] ?? -1;
}

function startIndex(bytes: Buffer, position: number): number {
  return (digitAt(bytes, position) << 10) | (digitAt(bytes, position + 1) << 5) | digitAt(bytes, position + 2);
}

/** Those of `candidates` that the tree at this physical path refers to, sorted. */
export function scanReferences(path: string, candidates: Iterable<string>): string[] {
  const scanner = new ReferenceScanner(candidates);
  writeNar(path, (chunk) => scanner.update(chunk));
  return scanner.found();
}

export interface ScannedTree extends NarDigest {
  readonly references: readonly string[];
}

/** Hash, size and references of a tree in one pass: all that registering an output needs. */
export function hashAndScanTree(path: string, candidates: Iterable<string>): ScannedTree {
  const scanner = new ReferenceScanner(candidates);
  const digest = hashTree(path, null, (chunk) => scanner.update(chunk));
  return { ...digest, references: scanner.found() };
}
