/**
 * Time-outs that mean what they say. Every wait of the driver runs under one signal made of: its own deadline, the
 * caller's signal, the test's signal and the life of the machine. Whichever comes first rejects the wait with its own
 * reason, an AppError, so that the cause of an end is never lost.
 */
import { AppError } from "#store/std/app-error.ts";

export const defaultTimeoutMs = 900_000;

/** Taken by every wait. */
export interface WaitOptions {
  /** The wait rejects with `DRIVER_TIMEOUT` after this time; 15 minutes unless told. */
  readonly timeoutMs?: number | undefined;
  /** The wait rejects with the signal's reason when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

export function timeoutError(what: string, timeoutMs: number): AppError {
  return new AppError("DRIVER_TIMEOUT", `${what}: not within ${formatSeconds(timeoutMs)}`);
}

export function isTimeout(error: unknown): boolean {
  return error instanceof AppError && error.code === "DRIVER_TIMEOUT";
}

export function formatSeconds(ms: number): string {
  return ms < 10_000 ? `${Number((ms / 1000).toFixed(1))} s` : `${Math.round(ms / 1000)} s`;
}

/**
 * Runs `work` until it settles, the deadline passes or one of `signals` aborts. The signal that `work` is given has the
 * same end; work that ignores it goes on unobserved.
 */
export async function withDeadline<T>(
  what: string,
  options: { readonly timeoutMs: number; readonly signals: readonly (AbortSignal | undefined)[] },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(
    () => deadline.abort(timeoutError(what, options.timeoutMs)),
    Math.min(options.timeoutMs, 2 ** 31 - 1),
  );
  const signal = AbortSignal.any([deadline.signal, ...options.signals.filter((one) => one !== undefined)]);
  try {
    return await untilAborted(work(signal), signal);
  } finally {
    clearTimeout(timer);
  }
}

/** The promise, or the signal's reason when that comes first. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  promise.catch(() => {});
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
  }
}

/** Resolves after `ms` of host time, rejects with the signal's reason. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", abort, { once: true });
    function finish(): void {
      signal.removeEventListener("abort", abort);
      resolve();
    }
    function abort(): void {
      clearTimeout(timer);
      reject(signal.reason);
    }
  });
}

/**
 * Asks `probe` until it gives something other than `undefined`. The pauses grow from 50 ms to `maxPauseMs`, since most
 * waits end soon and the rest should not eat the guest's processor.
 */
export async function pollUntil<T>(
  probe: (signal: AbortSignal) => Promise<T | undefined>,
  signal: AbortSignal,
  maxPauseMs = 500,
): Promise<T> {
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 1.5, maxPauseMs)) {
    const found = await probe(signal);
    if (found !== undefined) return found;
    await pause(pauseMs, signal);
  }
}
