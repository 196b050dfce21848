/**
 * One binary cache as a place to look paths up and to get NARs from. A cache in trouble is left alone for a minute: all that
 * wait for it are let go at once, and it is said once.
 */
import { setMaxListeners } from "node:events";
import { type NarInfo, parseNarInfo } from "../formats/narinfo.ts";
import { storePathHashPart } from "../formats/store-path.ts";
import { AppError } from "../std/app-error.ts";
import { byteStringOf } from "../std/byte-string.ts";
import { type CacheSource, CacheTrouble } from "./cache-source.ts";
import { decompressNar } from "./decompress-nar.ts";
import { CACHE_INFO_KEY, type NarInfoMemory } from "./narinfo-memory.ts";
import { XzBatch } from "./xz-batch.ts";

const MAX_INFO_BYTES = 64 * 1024;
/** A path may refer to thousands of others. */
const MAX_NARINFO_BYTES = 4 * 1024 * 1024;
const DEFAULT_PRIORITY = 50;
const REST_MS = 60_000;
const MAX_FAILURES = 3;
/** Beyond the announced size of a file, or the size of its NAR when none is. */
const SPARE_BYTES = 1024 * 1024;

export interface BinaryCacheOptions {
  /** As the user wrote it, without parameters. */
  readonly url: string;
  readonly source: CacheSource;
  readonly memory: NarInfoMemory;
  readonly storeDir: string;
  /** In place of what the cache says. */
  readonly priority: number | null;
  /** What it has needs no signature. */
  readonly isTrusted: boolean;
  readonly onWarning: (message: string) => void;
}

export class BinaryCache {
  readonly url: string;
  readonly isTrusted: boolean;
  readonly #options: BinaryCacheOptions;
  readonly #xzBatch = new XzBatch();
  #priority: number;
  #opened: Promise<boolean> | null = null;
  #failures = 0;
  #restsUntilMs = 0;
  #isMismatched = false;
  /** Lets those go who wait while the cache is given up. */
  #patience = newPatience();

  constructor(options: BinaryCacheOptions) {
    this.#options = options;
    this.url = options.url;
    this.isTrusted = options.isTrusted;
    this.#priority = options.priority ?? DEFAULT_PRIORITY;
  }

  /** Smaller is asked first; known when {@link open} has resolved. */
  get priority(): number {
    return this.#priority;
  }

  get isResting(): boolean {
    return this.#isMismatched || performance.now() < this.#restsUntilMs;
  }

  /** Asks what cache it is. False when it is none, has another store folder, or does not answer. */
  async open(signal: AbortSignal): Promise<boolean> {
    if (this.isResting) return false;
    this.#opened ??= this.#open(signal);
    const isOpen = await this.#opened;
    // after its rest it is asked again
    if (!isOpen) this.#opened = null;
    return isOpen;
  }

  async #open(signal: AbortSignal): Promise<boolean> {
    const text = await this.#ask("nix-cache-info", CACHE_INFO_KEY, { maxBytes: MAX_INFO_BYTES, signal });
    if (text === undefined) return false;
    const fields = new Map((text ?? "").split("\n").map((line) => splitField(line)));
    const storeDir = fields.get("StoreDir");
    if (storeDir !== this.#options.storeDir) {
      this.#isMismatched = true;
      const what = storeDir === undefined ? "it is no binary cache" : `it is for a store at '${storeDir}'`;
      this.#options.onWarning(`ignoring substituter '${this.url}': ${what}`);
      return false;
    }
    if (text !== null) this.#options.memory.note(this.url, CACHE_INFO_KEY, text);
    const priority = Number(fields.get("Priority") ?? Number.NaN);
    if (this.#options.priority === null && Number.isInteger(priority)) this.#priority = priority;
    return true;
  }

  /** What it says of a path; null when it says nothing, or nothing that can be used. */
  async lookUp(path: string, signal: AbortSignal): Promise<NarInfo | null> {
    if (!(await this.open(signal))) return null;
    const hashPart = storePathHashPart(path, this.#options.storeDir);
    const text = await this.#ask(`${hashPart}.narinfo`, hashPart, { maxBytes: MAX_NARINFO_BYTES, signal });
    if (text === null) this.#options.memory.note(this.url, hashPart, null);
    if (text === undefined || text === null) return null;
    try {
      const info = parseNarInfo(text, this.#options.storeDir);
      if (info.storePath === path) {
        // only what can be used is worth remembering
        this.#options.memory.note(this.url, hashPart, text);
        return info;
      }
      this.#options.onWarning(`ignoring what '${this.url}' has of '${path}': it is about '${info.storePath}'`);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#options.onWarning(`ignoring what '${this.url}' has of '${path}': ${error.message}`);
    }
    return null;
  }

  /** Next time it is asked again. */
  forget(path: string): void {
    this.#options.memory.forget(this.url, storePathHashPart(path, this.#options.storeDir));
  }

  /** The NAR, decompressed, as it comes: nothing of it is checked but that it is not endless. @throws CacheTrouble */
  nar(info: NarInfo, signal: AbortSignal, onProgress: (doneBytes: number) => void): AsyncIterable<Uint8Array> {
    const maxBytes = (info.fileSizeBytes ?? info.narSizeBytes + info.narSizeBytes / 8) + SPARE_BYTES;
    const file = this.#options.source.stream(info.url, { maxBytes, signal });
    return decompressNar(counted(file, onProgress), info.compression, {
      narSizeBytes: info.narSizeBytes,
      xzBatch: this.#xzBatch,
    });
  }

  /** A text of the cache, from memory when that has it; undefined when there is no answer. */
  async #ask(
    file: string,
    key: string,
    { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<string | null | undefined> {
    const known = this.#options.memory.recall(this.url, key);
    if (known !== undefined) return known;
    if (this.isResting) return undefined;
    const patience = this.#patience.signal;
    try {
      const bytes = await this.#options.source.read(file, { maxBytes, signal: AbortSignal.any([signal, patience]) });
      const text = bytes === null ? null : byteStringOf(bytes);
      this.#failures = 0;
      return text;
    } catch (error) {
      signal.throwIfAborted();
      if (!patience.aborted) this.#note(error);
      return undefined;
    }
  }

  #note(error: unknown): void {
    if (!(error instanceof CacheTrouble)) throw error;
    this.#failures += 1;
    if (error.kind !== "unreachable" && this.#failures < MAX_FAILURES) return;
    this.#failures = 0;
    this.#restsUntilMs = performance.now() + REST_MS;
    this.#patience.abort();
    this.#patience = newPatience();
    this.#options.onWarning(`substituter '${this.url}' is in trouble (${error.message}), going on without it`);
  }

  close(): void {
    this.#options.source.close();
  }
}

function newPatience(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

function splitField(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}

async function* counted(
  file: AsyncIterable<Uint8Array>,
  onProgress: (doneBytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let done = 0;
  for await (const piece of file) {
    done += piece.length;
    onProgress(done);
    yield piece;
  }
}
