/**
 * HTTP downloads to a file: connections are kept and shared, the usual proxy variables apply, redirects are followed, and
 * what may pass (a broken connection, a busy server, no byte for a while) is tried again with growing pauses.
 */
import { createWriteStream } from "node:fs";
import type * as http from "node:http";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../std/app-error.ts";
import { systemErrorCode } from "../../std/system-error.ts";
import type { DownloadAnswer, DownloadRequest } from "./download-type.ts";
import { HttpAgents } from "./http-agents.ts";

const MAX_ATTEMPTS = 5;
const MAX_REDIRECTS = 10;
const FIRST_PAUSE_MS = 250;
const STALL_MS = 30_000;
const MAX_SOCKETS_PER_HOST = 8;
const NOT_MODIFIED = 304;
const GONE_STATUSES: ReadonlySet<number> = new Set([404, 410]);
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** A failure that another attempt may mend. */
class TransientError extends Error {}

export class HttpDownloader {
  readonly #agents: HttpAgents;

  constructor(environment: NodeJS.ProcessEnv) {
    this.#agents = new HttpAgents(environment, MAX_SOCKETS_PER_HOST);
  }

  /** @throws AppError `STORE_FETCH_FAILED` or `STORE_FETCH_GONE` */
  async download(request: DownloadRequest): Promise<DownloadAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(request);
      } catch (error) {
        request.signal.throwIfAborted();
        if (!(error instanceof TransientError)) throw error;
        if (attempt === MAX_ATTEMPTS) throw fetchFailed(request.url, error.message, error);
        await sleep(FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random()), undefined, { signal: request.signal });
      }
    }
  }

  async #attempt(request: DownloadRequest): Promise<DownloadAnswer> {
    const response = await this.#open(request);
    const etag = response.headers.etag ?? null;
    if (response.statusCode === NOT_MODIFIED) {
      response.resume();
      return { etag: request.knownETag ?? null, isUnchanged: true };
    }
    const length = response.headers["content-length"];
    const totalBytes = length === undefined ? null : Number(length);
    let doneBytes = 0;
    response.on("data", (chunk: Buffer) => {
      doneBytes += chunk.length;
      request.onProgress(doneBytes, totalBytes);
    });
    response.setTimeout(STALL_MS, () => response.destroy(new TransientError("the server sends nothing more")));
    try {
      await pipeline(response, createWriteStream(request.targetPath), { signal: request.signal });
    } catch (cause) {
      throw isDiskError(cause) ? cause : transient(cause);
    }
    if (totalBytes !== null && doneBytes !== totalBytes) throw new TransientError("the connection ended early");
    return { etag, isUnchanged: false };
  }

  async #open(request: DownloadRequest): Promise<http.IncomingMessage> {
    let url = new URL(request.url);
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const response = await this.#get(url, request);
      const status = response.statusCode ?? 0;
      const location = response.headers.location;
      if (status === 200 || (status === NOT_MODIFIED && request.knownETag !== undefined)) return response;
      response.resume();
      if (status < 300 || status >= 400 || location === undefined) throw statusError(request.url, status);
      url = new URL(location, url);
    }
    throw fetchFailed(request.url, "it redirects in a circle", null);
  }

  #get(url: URL, { signal, knownETag }: DownloadRequest): Promise<http.IncomingMessage> {
    const headers = knownETag === undefined ? {} : { "if-none-match": knownETag };
    return new Promise((resolve, reject) => {
      const request = this.#agents.get(url, { signal, headers, timeout: STALL_MS }, resolve);
      request.once("timeout", () => request.destroy(new TransientError("the server does not answer")));
      request.once("error", (error) => reject(transient(error)));
    });
  }

  close(): void {
    this.#agents.close();
  }
}

function transient(cause: unknown): TransientError {
  if (cause instanceof TransientError) return cause;
  return new TransientError(cause instanceof Error ? cause.message : String(cause), { cause });
}

function isDiskError(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes(systemErrorCode(error) ?? "");
}

function statusError(url: string, status: number): Error {
  if (TRANSIENT_STATUSES.has(status)) return new TransientError(`the server answered ${status}`);
  if (!GONE_STATUSES.has(status)) return fetchFailed(url, `the server answered ${status}`, null);
  return new AppError("STORE_FETCH_GONE", `Cannot fetch '${url}': the server does not have it (${status})`);
}

function fetchFailed(url: string, why: string, cause: Error | null): AppError {
  return new AppError("STORE_FETCH_FAILED", `Cannot fetch '${url}': ${why}`, cause === null ? {} : { cause });
}
