/**
 * What an evaluation adds to the store, on its way there. Evaluating needs only the paths, so additions gather here and go
 * to their sink in batches: another thread, which writes while the evaluation goes on, or the store itself.
 * Whoever is about to look at a path in the store calls {@link PendingWrites.settle} first; whoever gives an answer or asks
 * for a build calls {@link PendingWrites.flush}.
 */
import type { Addition } from "#store/api.ts";

export interface AdditionSink {
  /** Takes a batch, in order; it may still be written when this returns. */
  send(batch: readonly Addition[]): void;
  /** Returns when all that was sent is valid. */
  wait(): void;
}

const batchCount = 64;
const batchBytes = 1024 * 1024;

export class PendingWrites {
  readonly #sink: AdditionSink;
  #batch: Addition[] = [];
  #batchBytes = 0;
  /** Not known to be valid: in the batch, or sent. */
  readonly #pending = new Set<string>();
  readonly #storePrefix: string;

  constructor(sink: AdditionSink, storeDir: string) {
    this.#sink = sink;
    this.#storePrefix = `${storeDir}/`;
  }

  add(addition: Addition): void {
    this.#batch.push(addition);
    this.#pending.add(addition.path);
    this.#batchBytes += addition.type === "text" ? addition.contents.length : addition.nar.length;
    if (this.#batch.length >= batchCount || this.#batchBytes >= batchBytes) this.#send();
  }

  #send(): void {
    if (this.#batch.length === 0) return;
    this.#sink.send(this.#batch);
    this.#batch = [];
    this.#batchBytes = 0;
  }

  flush(): void {
    if (this.#pending.size === 0) return;
    this.#send();
    this.#sink.wait();
    this.#pending.clear();
  }

  /** Before a file of the store is read: its store path is on disk if we added it. */
  settle(path: string): void {
    if (this.#pending.size === 0 || !path.startsWith(this.#storePrefix)) return;
    const end = path.indexOf("/", this.#storePrefix.length);
    if (this.#pending.has(end < 0 ? path : path.slice(0, end))) this.flush();
  }
}
