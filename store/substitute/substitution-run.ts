/**
 * Fetches planned paths: many at once, started in the order of their references. A path keeps its place until what it refers
 * to is valid; since places are given in that order, the first of those at work never waits for one without a place.
 *
 * Invariants: a path becomes valid only after its references, and only when signature, hash and size fit; what is not
 * registered is deleted; the run ends only when nothing of it works any more.
 */
import { setMaxListeners } from "node:events";
import type { BuildEvent } from "../build/events.ts";
import type { PathLocks } from "../build/path-locks.ts";
import { Places } from "../build/places.ts";
import { storePathName } from "../formats/store-path.ts";
import { toStoreError } from "../local/store-errors.ts";
import type { LocalStore } from "../local/store-interface.ts";
import { AppError, isAppError } from "../std/app-error.ts";
import { LocalDiskStore } from "../stores/local.ts";
import { CacheTrouble } from "./cache-source.ts";
import type { Offer, Substituters } from "./substituters.ts";

const PROGRESS_MS = 100;
const HOST_LACKS_EXIT_CODE = 3;

export interface SubstitutionContext {
  readonly store: LocalStore;
  readonly locks: PathLocks;
  readonly substituters: Substituters;
  readonly emit: (event: BuildEvent) => void;
  readonly signal: AbortSignal;
}

/** What it refers to could not be fetched, which is no fault of this path. */
class MissingReference extends Error {}

export class SubstitutionRun {
  readonly #context: SubstitutionContext;
  readonly #signal: AbortSignal;
  readonly #stop = new AbortController();
  readonly #places: Places;
  readonly #target: LocalDiskStore;
  readonly #ready = new Map<string, Promise<boolean>>();
  readonly #failed = new Map<string, string>();
  #fatal: { readonly error: unknown } | null = null;

  constructor(context: SubstitutionContext) {
    this.#context = context;
    this.#signal = AbortSignal.any([context.signal, this.#stop.signal]);
    setMaxListeners(0, this.#signal);
    this.#places = new Places(context.substituters.options.maxJobs);
    this.#target = new LocalDiskStore(context.store);
  }

  /** Path -> why, of those that no cache brought in the end. */
  get failed(): ReadonlyMap<string, string> {
    return this.#failed;
  }

  /** @param plan references first */
  start(plan: ReadonlyMap<string, Offer>): void {
    for (const [path, offer] of plan) this.#ready.set(path, this.#run(path, offer));
  }

  /** True when the paths are valid, as far as they are of this run; false as soon as one will not be. */
  async ready(paths: readonly string[]): Promise<boolean> {
    const answers = await Promise.all(paths.map((path) => this.#ready.get(path) ?? true));
    return !answers.includes(false);
  }

  /** Waits for all. @throws what keeps anything from being fetched: a full disk, a program that the host lacks */
  async finish(): Promise<void> {
    await Promise.all(this.#ready.values());
    if (this.#fatal !== null) throw this.#fatal.error;
  }

  async #run(path: string, planned: Offer): Promise<boolean> {
    if (!(await this.#places.take(this.#signal))) return false;
    try {
      const lock = await this.#context.locks.acquire([path], this.#signal);
      try {
        return this.#context.store.isValidPath(path) || (await this.#fetch(path, planned));
      } finally {
        lock.release();
      }
    } catch (thrown) {
      if (this.#signal.aborted) return false;
      this.#fatal ??= { error: toStoreError(thrown, this.#context.store.root) };
      this.#stop.abort();
      return false;
    } finally {
      this.#places.give();
    }
  }

  async #fetch(path: string, planned: Offer): Promise<boolean> {
    const troubles: string[] = [];
    const startMs = performance.now();
    const end = (outcome: "substituted" | "failed" | "cancelled", error?: AppError): void =>
      this.#context.emit({
        type: "substituted",
        path,
        outcome,
        durationMs: performance.now() - startMs,
        ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
      });
    this.#context.emit(startedEvent(path, planned));
    try {
      for await (const offer of this.#offers(path, planned)) {
        const trouble = await this.#fetchFrom(path, offer);
        if (trouble === null) {
          end("substituted");
          return true;
        }
        troubles.push(`'${offer.cache.url}': ${trouble}`);
      }
    } catch (error) {
      if (this.#signal.aborted || error instanceof MissingReference) end("cancelled");
      if (error instanceof MissingReference) return false;
      throw error;
    }
    const why = troubles.join("; ");
    this.#failed.set(path, why);
    end("failed", new AppError("STORE_SUBSTITUTION_FAILED", `Cannot fetch '${path}' from ${why}`));
    return false;
  }

  /** The planned one; then as it is told now, if that differs; then others. */
  async *#offers(path: string, planned: Offer): AsyncGenerator<Offer, void, undefined> {
    yield planned;
    planned.cache.forget(path);
    const tried = new Set([identityOf(planned)]);
    for await (const offer of this.#context.substituters.offers(path, this.#signal)) {
      if (tried.has(identityOf(offer))) continue;
      tried.add(identityOf(offer));
      yield offer;
    }
  }

  /** Null when it is valid now, else what went wrong. */
  async #fetchFrom(path: string, { cache, info }: Offer): Promise<string | null> {
    const { deriver, ca, signatures, references, narHash, narSizeBytes } = info;
    const show = this.#progressOf(path, info.fileSizeBytes);
    const nar = this.#afterReferences(path, references, cache.nar(info, this.#signal, show));
    try {
      const added = { path, narHash, narSizeBytes, references, deriver, ca, signatures };
      // the offer's signature was checked when it was made
      await this.#target.addNar(added, nar, { checkSignatures: false });
      return null;
    } catch (error) {
      if (this.#signal.aborted || error instanceof MissingReference) throw error;
      if (error instanceof CacheTrouble) return error.message;
      if (isAppError(error) && error.exitCode !== HOST_LACKS_EXIT_CODE) return error.message;
      throw error;
    }
  }

  async *#afterReferences(
    path: string,
    references: readonly string[],
    nar: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    yield* nar;
    if (!(await this.ready(references.filter((reference) => reference !== path)))) throw new MissingReference();
  }

  #progressOf(path: string, totalBytes: number | null): (doneBytes: number) => void {
    let lastMs = performance.now();
    return (doneBytes) => {
      const nowMs = performance.now();
      if (nowMs - lastMs < PROGRESS_MS && doneBytes !== totalBytes) return;
      lastMs = nowMs;
      this.#context.emit({ type: "substitute-progress", path, doneBytes, totalBytes });
    };
  }
}

function identityOf({ cache, info }: Offer): string {
  return `${cache.url}\0${info.url}\0${info.narHash}\0${info.narSizeBytes}`;
}

function startedEvent(path: string, { cache, info }: Offer): BuildEvent {
  return {
    type: "substituting",
    path,
    name: storePathName(path),
    from: cache.url,
    downloadBytes: info.fileSizeBytes,
    narSizeBytes: info.narSizeBytes,
    timeMs: Date.now(),
  };
}
