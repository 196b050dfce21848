/** Ends a build that takes too long or is silent for too long, and remembers which it was. */
import { AppError } from "../std/app-error.ts";

export interface DeadlineOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number | null;
  readonly maxSilentMs: number | null;
}

export class BuildDeadline {
  /** Aborts with the run's own signal, or when a limit is reached. */
  readonly signal: AbortSignal;
  readonly #stop = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #silence: NodeJS.Timeout | null;
  #exceeded: string | null = null;

  constructor({ signal, timeoutMs, maxSilentMs }: DeadlineOptions) {
    this.signal = AbortSignal.any([signal, this.#stop.signal]);
    if (timeoutMs !== null) this.#startTimer(timeoutMs, `took longer than ${timeoutMs / 1000} s`);
    this.#silence =
      maxSilentMs === null ? null : this.#startTimer(maxSilentMs, `printed nothing for ${maxSilentMs / 1000} s`);
  }

  #startTimer(delayMs: number, what: string): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#exceeded = what;
      this.#stop.abort();
    }, delayMs);
    this.#timers.push(timer);
    return timer;
  }

  /** The build showed a sign of life. */
  touch(): void {
    this.#silence?.refresh();
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** @throws AppError `STORE_BUILD_TIMED_OUT` when a limit was reached, the abort reason when the run was ended */
  check(name: string, details: string): void {
    if (this.#exceeded !== null) {
      throw new AppError("STORE_BUILD_TIMED_OUT", `Build of '${name}' was ended: it ${this.#exceeded}`, { details });
    }
    this.signal.throwIfAborted();
  }
}
