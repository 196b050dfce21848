/**
 * Fetches a file by URL: `http`, `https`, `file`, and the `mirror` scheme, whose hosts the user's own configuration names.
 * It does not judge the contents: a file counts only after its hash was compared by whoever registers it.
 */
import { AppError } from "../../std/app-error.ts";
import { copyLocalFile } from "./copy-local-file.ts";
import { DebianMirror } from "./debian-mirror.ts";
import type { DownloadAnswer, DownloadRequest } from "./download-type.ts";
import { HttpDownloader } from "./http-downloader.ts";
import { npmRegistryUrl } from "./npm-mirror.ts";

const DEBIAN = "mirror://debian/";
const NPM = "mirror://npm/";

export class Downloader {
  readonly #http: HttpDownloader;
  readonly #debian: DebianMirror;
  readonly #environment: NodeJS.ProcessEnv;
  /** Asked once: starting npm takes half a second. */
  #npmRegistry: Promise<string> | undefined;

  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
    this.#http = new HttpDownloader(environment);
    this.#debian = new DebianMirror(environment, this.#http);
  }

  /** @throws AppError `STORE_FETCH_FAILED`, or `STORE_FETCH_GONE` when the server no longer has the file */
  async download(request: DownloadRequest): Promise<DownloadAnswer> {
    const { url } = request;
    if (/^https?:/.test(url)) return await this.#http.download(request);
    if (url.startsWith("file:")) copyLocalFile(request);
    else if (url.startsWith(DEBIAN)) await this.#debian.download(url.slice(DEBIAN.length), request);
    else if (url.startsWith(NPM)) await this.#downloadNpm(url.slice(NPM.length), request);
    else throw new AppError("STORE_FETCH_FAILED", `Cannot fetch '${url}': unknown kind of URL`);
    return { etag: null, isUnchanged: false };
  }

  async #downloadNpm(path: string, request: DownloadRequest): Promise<void> {
    this.#npmRegistry ??= npmRegistryUrl(this.#environment);
    const registry = await this.#npmRegistry;
    await this.#http.download({ ...request, url: `${registry}/${path}` });
  }

  close(): void {
    this.#http.close();
  }
}
