/** Where the files of a binary cache come from: an HTTP server or a folder. Knows nothing of what the files mean. */

export interface CacheSource {
  /** A whole small file; null when there is none. @throws CacheTrouble */
  read(path: string, limits: { readonly maxBytes: number; readonly signal: AbortSignal }): Promise<Buffer | null>;
  /** A file in pieces, all of it in the end or an error. @throws CacheTrouble */
  stream(path: string, limits: { readonly maxBytes: number; readonly signal: AbortSignal }): AsyncIterable<Uint8Array>;
  close(): void;
}

/** Patience of a client; all of it can be set. */
export interface CachePatience {
  readonly connectMs: number;
  /** Until the first word of an answer, and for an answer of a few kilobytes as a whole. */
  readonly answerMs: number;
  /** Within which a stream has to bring at least {@link MIN_BYTES_PER_S} on average. */
  readonly stallMs: number;
  /** Of one file, before a cache is given up for it. */
  readonly attempts: number;
  /** Before the second attempt; doubled from then on. */
  readonly pauseMs: number;
  readonly maxConnections: number;
}

export const MIN_BYTES_PER_S = 1024;

/** What a cache did wrong. `transient`: another attempt may mend it. `unreachable`: nobody is there at all. */
export class CacheTrouble extends Error {
  readonly kind: "transient" | "unreachable" | "gone" | "final";

  constructor(kind: CacheTrouble["kind"], message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.kind = kind;
  }
}
