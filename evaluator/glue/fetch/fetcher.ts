/** Fetches whatever an evaluation asks for. Each kind has a file; this chooses among them. */
import { join } from "node:path";
import type { LocalStore } from "#store/api.ts";
import { AppError } from "#store/std/app-error.ts";
import { fromByteString } from "#store/std/byte-string.ts";
import { EvalIoError, type FetchedSource, type FetchRequest } from "../../io.ts";
import { FetchCache } from "./fetch-cache.ts";
import { fetchClosure } from "./fetch-closure.ts";
import { addTree, checkNarHash, type FetchContext, narHashOf, type TrustSettings } from "./fetch-context.ts";
import { fetchGit } from "./fetch-git.ts";
import { fetchMercurial } from "./fetch-mercurial.ts";
import { fetchUrl, newestTime } from "./fetch-url.ts";

export interface FetcherOptions {
  readonly store: LocalStore;
  /** Physical root; what is kept lies below `firn/fetch` in it. */
  readonly root: string;
  readonly ttlS: number;
  readonly trust: TrustSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: (line: string) => void;
}

export class Fetcher {
  readonly #context: FetchContext;

  constructor(options: FetcherOptions) {
    const { store, environment, log, trust } = options;
    const folder = join(options.root, "firn", "fetch");
    this.#context = { store, environment, log, folder, trust, cache: new FetchCache(folder, options.ttlS) };
  }

  /** @throws EvalIoError */
  fetch(request: FetchRequest): FetchedSource {
    try {
      return this.#dispatch(request);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      throw new EvalIoError("other", error.message, {
        cause: error,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      });
    }
  }

  #dispatch(request: FetchRequest): FetchedSource {
    switch (request.type) {
      case "url":
        return fetchUrl(this.#context, request);
      case "git":
        return fetchGit(this.#context, request);
      case "mercurial":
        return fetchMercurial(this.#context, request);
      case "path":
        return this.#addFolder(request.path, request.narHash);
      case "closure":
        return fetchClosure(this.#context, request);
    }
  }

  #addFolder(path: string, narHash: string | null): FetchedSource {
    const { store } = this.#context;
    const isStorePath = path.startsWith(`${store.storeDir}/`) && store.isValidPath(path);
    const physical = fromByteString(store.physicalPath(path));
    const storePath = isStorePath ? path : addTree(this.#context, "source", physical);
    const got = narHashOf(this.#context, storePath);
    checkNarHash(`path '${path}'`, narHash, got);
    return { storePath, narHash: got, lastModified: newestTime(physical) };
  }
}
