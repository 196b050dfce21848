/**
 * `mirror://debian/<path>`: a file of the Debian archive, from wherever this host's apt gets Debian from, and through apt
 * itself, so that its proxies, credentials and transports apply. `FIRN_MIRROR_DEBIAN` (base URLs, separated by spaces) is
 * used instead where it is set, over HTTP, for hosts without apt. The archives of a release and of its security updates
 * are tried in turn; a file that none has was superseded.
 */
import { AppError, isAppError } from "../../std/app-error.ts";
import { AptFetcher } from "./apt-fetcher.ts";
import { debianArchivesOfApt } from "./apt-sources.ts";
import { copyLocalFile } from "./copy-local-file.ts";
import type { DownloadRequest } from "./download-type.ts";
import type { HttpDownloader } from "./http-downloader.ts";

const SECURITY_POOL = /^pool\/updates\//;

type FetchFrom = (url: string, request: DownloadRequest) => Promise<void>;

export class DebianMirror {
  readonly #overrides: readonly string[];
  readonly #http: HttpDownloader;
  readonly #apt = new AptFetcher();
  #aptArchives: Promise<readonly string[]> | null = null;

  constructor(environment: NodeJS.ProcessEnv, http: HttpDownloader) {
    this.#overrides = (environment["FIRN_MIRROR_DEBIAN"] ?? "")
      .split(/\s+/)
      .filter((url) => url !== "")
      .map((url) => url.replace(/\/+$/, ""));
    this.#http = http;
  }

  /** @param path in the archive: `pool/main/b/bash/bash_5.2.15-2+b7_amd64.deb` */
  async download(path: string, request: DownloadRequest): Promise<void> {
    if (this.#overrides.length > 0) {
      const fetchFrom: FetchFrom = async (url, forUrl) => {
        await this.#http.download({ ...forUrl, url });
      };
      return await fetchFromFirst(this.#overrides, path, request, fetchFrom);
    }
    this.#aptArchives ??= debianArchivesOfApt();
    const fetchFrom: FetchFrom = (url, forUrl) => this.#fetchByApt({ ...forUrl, url });
    await fetchFromFirst(await this.#aptArchives, path, request, fetchFrom);
  }

  /** Of a local archive apt would only make a link. */
  async #fetchByApt(request: DownloadRequest): Promise<void> {
    if (request.url.startsWith("file:")) copyLocalFile(request);
    else await this.#apt.download(request);
  }
}

async function fetchFromFirst(
  bases: readonly string[],
  path: string,
  request: DownloadRequest,
  fetchFrom: FetchFrom,
): Promise<void> {
  let failure: AppError | null = null;
  for (const base of sortBases(bases, path)) {
    try {
      return await fetchFrom(`${base}/${path}`, request);
    } catch (error) {
      if (!isAppError(error)) throw error;
      if (error.code !== "STORE_FETCH_GONE") failure ??= error;
    }
  }
  throw failure ?? goneError(path);
}

function goneError(path: string): AppError {
  return new AppError("STORE_FETCH_GONE", `Debian's mirror no longer has '${path}'`, {
    hint: "A newer version has replaced it: update the lock with 'npm run seeds -- update'",
  });
}

/** Files of the security archive have a pool of their own. */
function sortBases(bases: readonly string[], path: string): readonly string[] {
  const security = bases.filter((base) => base.includes("security"));
  const others = bases.filter((base) => !base.includes("security"));
  return SECURITY_POOL.test(path) ? [...security, ...others] : [...others, ...security];
}
