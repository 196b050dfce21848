/**
 * `mirror://debian/<path>`: a file of the Debian archive, from wherever this host's apt gets Debian from, and through apt
 * itself, so that its proxies, credentials and transports apply. `FIRN_MIRROR_DEBIAN` (base URLs, separated by spaces) is
 * used instead where it is set, over HTTP, for hosts without apt. The archives of a release and of its security updates
 * are tried in turn; a file that none has was superseded.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { AppError, isAppError } from "../../std/app-error.ts";
import { AptFetcher } from "./apt-fetcher.ts";
import type { DownloadRequest } from "./download-type.ts";
import type { HttpDownloader } from "./http-downloader.ts";

const TARGET_FORMAT = "$(SITE)\t$(ORIGIN)\t$(RELEASE)";
const DEBIAN_SUITE = /^(buster|bullseye|bookworm|trixie|forky|sid|oldoldstable|oldstable|stable|testing|unstable)\b/;
const SECURITY_POOL = /^pool\/updates\//;

type FetchFrom = (url: string, request: DownloadRequest) => Promise<void>;

export class DebianMirror {
  readonly #overrides: readonly string[];
  readonly #http: HttpDownloader;
  readonly #apt = new AptFetcher();
  #aptBases: Promise<readonly string[]> | null = null;

  constructor(environment: NodeJS.ProcessEnv, http: HttpDownloader) {
    this.#overrides = (environment["FIRN_MIRROR_DEBIAN"] ?? "").split(/\s+/).filter((url) => url !== "");
    this.#http = http;
  }

  /** @param path in the archive: `pool/main/b/bash/bash_5.2.15-2+b7_amd64.deb` */
  async download(path: string, request: DownloadRequest): Promise<void> {
    if (this.#overrides.length > 0) {
      const fetchFrom: FetchFrom = (url, forUrl) => this.#http.download({ ...forUrl, url });
      return await fetchFromFirst(this.#overrides, path, request, fetchFrom);
    }
    this.#aptBases ??= askAptForBases();
    const bases = await this.#aptBases;
    await fetchFromFirst(bases, path, request, (url, forUrl) => this.#apt.download({ ...forUrl, url }));
  }
}

async function fetchFromFirst(
  bases: readonly string[],
  path: string,
  request: DownloadRequest,
  fetchFrom: FetchFrom,
): Promise<void> {
  for (const base of sortBases(bases, path)) {
    try {
      return await fetchFrom(`${base.replace(/\/+$/, "")}/${path}`, request);
    } catch (error) {
      if (!isAppError(error) || error.code !== "STORE_FETCH_GONE") throw error;
    }
  }
  throw new AppError("STORE_FETCH_GONE", `Debian's mirror no longer has '${path}'`, {
    hint: "A newer version has replaced it: update the lock with 'npm run seeds -- update'",
  });
}

/** Files of the security archive have a pool of their own. */
function sortBases(bases: readonly string[], path: string): readonly string[] {
  const security = bases.filter((base) => base.includes("security"));
  const others = bases.filter((base) => !base.includes("security"));
  return SECURITY_POOL.test(path) ? [...security, ...others] : [...others, ...security];
}

async function askAptForBases(): Promise<readonly string[]> {
  const bases = parseIndexTargets(await runIndexTargets());
  if (bases.length > 0) return bases;
  throw new AppError("STORE_FETCH_FAILED", "This host's apt has no Debian archive among its sources", {
    hint: "Set FIRN_MIRROR_DEBIAN to the base URL of a Debian mirror",
  });
}

async function runIndexTargets(): Promise<string> {
  try {
    const args = ["indextargets", "--format", TARGET_FORMAT, "Created-By: Packages"];
    return (await promisify(execFile)("apt-get", args)).stdout;
  } catch (cause) {
    throw new AppError("STORE_FETCH_FAILED", "Cannot ask apt where it gets Debian packages from", {
      hint: "On a host without apt, set FIRN_MIRROR_DEBIAN to the base URL of a Debian mirror",
      cause,
    });
  }
}

/** Before the first `apt-get update` apt knows no origins; the names of the suites tell as well. */
export function parseIndexTargets(text: string): string[] {
  const bases = text
    .split("\n")
    .map((line) => line.split("\t"))
    .filter(([, origin = "", release = ""]) => origin === "Debian" || (origin === "" && DEBIAN_SUITE.test(release)))
    .map(([site = ""]) => site)
    .filter((site) => site !== "");
  return [...new Set(bases)];
}
