/** A number of places that are given to whoever asked first. */
export class Places {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = Math.max(1, count);
  }

  /** Waits for a place; false when the signal came first. */
  async take(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.#free > 0) {
      this.#free -= 1;
      return true;
    }
    return await new Promise((resolve) => {
      const settle = (hasPlace: boolean): void => {
        this.#waiting.delete(receive);
        signal.removeEventListener("abort", leave);
        resolve(hasPlace);
      };
      const receive = (): void => settle(true);
      const leave = (): void => settle(false);
      this.#waiting.add(receive);
      signal.addEventListener("abort", leave);
    });
  }

  /** Gives one place back. */
  give(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free += 1;
    else next();
  }
}
