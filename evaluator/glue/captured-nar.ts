/** Keeps the pieces of an archive while it is hashed, as long as there are not too many of them. */
export class CapturedNar {
  readonly #maxBytes: number;
  #chunks: Buffer[] | null = [];
  #sizeBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The chunk may be overwritten afterwards. */
  write(chunk: Uint8Array): void {
    if (this.#chunks === null) return;
    this.#sizeBytes += chunk.length;
    if (this.#sizeBytes > this.#maxBytes) this.#chunks = null;
    else this.#chunks.push(Buffer.from(chunk));
  }

  /** Null when it was too large. */
  bytes(): Uint8Array | null {
    return this.#chunks === null ? null : Buffer.concat(this.#chunks);
  }
}
