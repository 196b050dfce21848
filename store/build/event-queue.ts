/**
 * The events of a run on their way to whoever iterates: an unbounded queue with one reader, so that a slow or absent
 * reader never holds up a build. A reader that leaves early is told to the run, which takes it as "cancel".
 */
export class EventQueue<Event extends object> implements AsyncIterableIterator<Event> {
  #waiting: Event[] = [];
  #delivered = 0;
  readonly #onAbandon: () => void;
  #wake: (() => void) | null = null;
  #closed = false;

  constructor(onAbandon: () => void) {
    this.#onAbandon = onAbandon;
  }

  push(event: Event): void {
    if (this.#closed) return;
    this.#waiting.push(event);
    this.#wakeReader();
  }

  /** No more events; what is queued is still delivered. */
  close(): void {
    this.#closed = true;
    this.#wakeReader();
  }

  #wakeReader(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Event, undefined>> {
    while (true) {
      const event = this.#take();
      if (event !== undefined) return { done: false, value: event };
      if (this.#closed) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<Event, undefined>> {
    this.close();
    this.#waiting = [];
    this.#onAbandon();
    return { done: true, value: undefined };
  }

  #take(): Event | undefined {
    if (this.#delivered === this.#waiting.length) {
      this.#waiting = [];
      this.#delivered = 0;
      return undefined;
    }
    const event = this.#waiting[this.#delivered];
    this.#delivered += 1;
    return event;
  }
}
