/**
 * The binary caches that paths may come from, asked by priority. The next one is asked as well when one takes its time, so a
 * slow cache delays nobody by more than a moment.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ownFolder } from "../build/scratch-folders.ts";
import type { NarInfo } from "../formats/narinfo.ts";
import { DEFAULT_STORE_DIR } from "../formats/store-path.ts";
import { AppError } from "../std/app-error.ts";
import { isContentAddressed } from "../stores/content-address.ts";
import type { NixSettings } from "../stores/nix-settings.ts";
import { type TrustedKeys, trustedKeysOf } from "../stores/trusted-keys.ts";
import { BinaryCache } from "./binary-cache.ts";
import type { CachePatience, CacheSource } from "./cache-source.ts";
import { canDecompress } from "./decompress-nar.ts";
import { FileSource } from "./file-source.ts";
import { HttpSource } from "./http-source.ts";
import { NarInfoMemory } from "./narinfo-memory.ts";

const HEDGE_MS = 500;

/** A path that a cache has, and that may be taken from it. */
export interface Offer {
  readonly info: NarInfo;
  readonly cache: BinaryCache;
}

export interface SubstitutersOptions {
  readonly storeDir: string;
  readonly trustedKeys: TrustedKeys;
  readonly memory: NarInfoMemory;
  readonly patience: CachePatience;
  /** Build what cannot be fetched though it should be. */
  readonly fallback: boolean;
  /** Also what says that it is better built. */
  readonly alwaysAllow: boolean;
  readonly maxJobs: number;
}

export class Substituters {
  readonly options: SubstitutersOptions;
  readonly #caches: readonly BinaryCache[];
  readonly #onWarning = new Set<(message: string) => void>();
  readonly #warned = new Set<string>();
  /** Those that took their time lately come last. */
  readonly #slow = new Set<BinaryCache>();

  /** @throws AppError `STORE_BAD_URL` */
  constructor(urls: readonly string[], options: SubstitutersOptions) {
    this.options = options;
    this.#caches = [...new Set(urls)].map((url) => this.#cacheAt(url));
  }

  get isEmpty(): boolean {
    return this.#caches.length === 0;
  }

  /** Tells somebody of troubles, each once; returns what ends it. */
  listen(onWarning: (message: string) => void): () => void {
    this.#onWarning.add(onWarning);
    return () => this.#onWarning.delete(onWarning);
  }

  #warn(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    for (const tell of this.#onWarning) tell(message);
  }

  #cacheAt(text: string): BinaryCache {
    const { source, url, parameters } = openSource(text, this.options.patience);
    const priority = parameters.get("priority");
    return new BinaryCache({
      url,
      source,
      memory: this.options.memory,
      storeDir: this.options.storeDir,
      priority: priority === null || !/^\d+$/.test(priority) ? null : Number(priority),
      isTrusted: ["1", "true"].includes(parameters.get("trusted") ?? ""),
      onWarning: (message) => this.#warn(message),
    });
  }

  /** The best offer of a path, or null. */
  async lookUp(path: string, signal: AbortSignal): Promise<Offer | null> {
    for await (const offer of this.offers(path, signal)) return offer;
    return null;
  }

  /** All offers of a path, the best first. */
  async *offers(path: string, signal: AbortSignal): AsyncGenerator<Offer, void, undefined> {
    const late: Promise<Offer | null>[] = [];
    const caches = await this.#byPriority(signal);
    for (const cache of caches) {
      const asked = this.#offer(cache, path, signal);
      asked.catch(() => {});
      const offer = cache === caches.at(-1) ? await asked : await withinMoment(asked);
      if (offer === "late") late.push(this.#noteSlow(cache, asked));
      else if (offer !== null) yield offer;
    }
    for (const asked of late) {
      const offer = await asked;
      if (offer !== null) yield offer;
    }
  }

  #noteSlow<T>(cache: BinaryCache, asked: Promise<T>): Promise<T> {
    this.#slow.add(cache);
    asked.then(() => this.#slow.delete(cache)).catch(() => {});
    return asked;
  }

  /** Those that have not said who they are soon enough come last. */
  async #byPriority(signal: AbortSignal): Promise<BinaryCache[]> {
    const caches = this.#caches.filter((cache) => !cache.isResting);
    if (caches.length < 2) return caches;
    const quick = caches.filter((cache) => !this.#slow.has(cache));
    const isOpen = await Promise.all(quick.map((cache) => withinMoment(cache.open(signal))));
    for (const [index, cache] of quick.entries())
      if (isOpen[index] === "late") this.#noteSlow(cache, cache.open(signal));
    const open = quick.filter((_cache, index) => isOpen[index] === true).sort((a, b) => a.priority - b.priority);
    return [...open, ...caches.filter((cache) => this.#slow.has(cache) && !cache.isResting)];
  }

  async #offer(cache: BinaryCache, path: string, signal: AbortSignal): Promise<Offer | null> {
    const info = await cache.lookUp(path, signal);
    if (info === null) return null;
    if (!canDecompress(info.compression)) {
      this.#warn(`ignoring what '${cache.url}' has of '${path}': compression '${info.compression}' is not known`);
      return null;
    }
    const isProven = cache.isTrusted || isContentAddressed({ ...info, path }, this.options.storeDir);
    if (isProven || this.options.trustedKeys.haveSigned({ ...info, path })) return { info, cache };
    this.#warn(
      `ignoring substitute for '${path}' from '${cache.url}', as it's not signed by any of the keys in 'trusted-public-keys'`,
    );
    return null;
  }

  close(): void {
    for (const cache of this.#caches) cache.close();
    this.options.memory.close();
  }
}

async function withinMoment<T>(answer: Promise<T>): Promise<T | "late"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), HEDGE_MS);
  });
  answer.catch(() => {});
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

interface OpenedSource {
  readonly source: CacheSource;
  readonly url: string;
  readonly parameters: URLSearchParams;
}

export function openSource(text: string, patience: CachePatience): OpenedSource {
  const url = URL.parse(text.startsWith("/") ? `file://${text}` : text);
  const bare = text.replace(/\?.*$/s, "");
  const parameters = url?.searchParams ?? new URLSearchParams();
  if (url?.protocol === "file:") {
    return { source: new FileSource(fileURLToPath(`file://${url.pathname}`)), url: bare, parameters };
  }
  if (url?.protocol === "http:" || url?.protocol === "https:") {
    return { source: new HttpSource(url, patience), url: bare, parameters };
  }
  throw new AppError("STORE_BAD_URL", `Cannot substitute from '${text}': there is no such kind of cache`, {
    exitCode: 2,
    hint: "Give 'https://HOST', 'http://HOST', 'file:///FOLDER' or a folder",
  });
}

export interface OpenSubstitutersOptions {
  readonly storeDir: string;
  /** Where Firn keeps its own files; null to remember nothing of what caches say. */
  readonly memoryPath: string | null;
  /** In place of the setting. */
  readonly urls?: readonly string[];
  /** In place of what settings say. */
  readonly patience?: Partial<CachePatience>;
}

/**
 * As nix.conf and flags say; null when nothing is to be substituted. No cache is asked that nobody named.
 * @throws AppError `STORE_BAD_URL`, `STORE_BAD_KEY`
 */
export function openSubstituters(settings: NixSettings, options: OpenSubstitutersOptions): Substituters | null {
  const urls = options.urls ?? settings.words("substituters", []);
  if (urls.length === 0 || !settings.boolean("substitute", true)) return null;
  const memory = new NarInfoMemory(options.memoryPath, {
    positiveS: settings.number("narinfo-cache-positive-ttl", 30 * 24 * 3600),
    negativeS: settings.number("narinfo-cache-negative-ttl", 3600),
    cacheInfoS: settings.number("narinfo-cache-meta-ttl", 7 * 24 * 3600),
  });
  return new Substituters(urls, {
    storeDir: options.storeDir,
    trustedKeys: trustedKeysOf(settings),
    memory,
    patience: { ...patienceOf(settings), ...options.patience },
    fallback: settings.boolean("fallback", false),
    alwaysAllow: settings.boolean("always-allow-substitutes", false),
    maxJobs: Math.max(1, settings.number("max-substitution-jobs", 16)),
  });
}

/** Those that settings name, for the store at this root. */
export function substitutersFor(settings: NixSettings, root: string, urls?: readonly string[]): Substituters | null {
  const chosen = urls === undefined ? {} : { urls };
  const memoryPath = join(ownFolder(root), "narinfos.sqlite");
  return openSubstituters(settings, { storeDir: DEFAULT_STORE_DIR, memoryPath, ...chosen });
}

export function patienceOf(settings: NixSettings): CachePatience {
  return {
    connectMs: (settings.number("connect-timeout", 0) || 5) * 1000,
    answerMs: 15_000,
    stallMs: settings.number("stalled-download-timeout", 30) * 1000,
    attempts: Math.max(1, settings.number("download-attempts", 5)),
    pauseMs: 250,
    maxConnections: settings.number("http-connections", 25) || 100,
  };
}
