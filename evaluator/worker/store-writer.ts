/**
 * Writes what an evaluation adds to the store, on the thread that waits for the answer: files and database rows need a third
 * of the time that evaluating a system does, and the evaluation needs none of them, only their paths. Batches are written
 * in order, each in one transaction; the first failure is that of the evaluation.
 * The store opens with the first batch and is to be closed after the worker has ended, since its temporary roots are what
 * keeps the paths of the answer.
 */
import type { Addition, LocalStore } from "#store/api.ts";

export class StoreWriter {
  readonly #root: string;
  #opening: Promise<LocalStore> | null = null;
  #last: Promise<void> = Promise.resolve();

  constructor(root: string) {
    this.#root = root;
  }

  /** @throws AppError `STORE_*`, also from all later calls */
  write(batch: readonly Addition[]): Promise<void> {
    this.#last = this.#last.then(async () => {
      this.#opening ??= open(this.#root);
      const store = await this.#opening;
      store.addAll(batch);
    });
    return this.#last;
  }

  /** When all batches so far are valid. */
  settled(): Promise<void> {
    return this.#last;
  }

  async close(): Promise<void> {
    // A failure was told to whoever wrote.
    await this.#last.catch(() => {});
    const store = await this.#opening?.catch(() => null);
    store?.close();
  }
}

/** Loaded when it is needed: most evaluations write nothing. */
async function open(root: string): Promise<LocalStore> {
  const { openLocalStore } = await import("#store/local/local-store.ts");
  return openLocalStore({ root });
}
