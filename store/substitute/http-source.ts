/**
 * A binary cache behind an HTTP server. Few connections are kept and shared; what may pass (a broken connection, a busy
 * server) is tried again with growing pauses, and a file that broke off goes on where it stopped.
 *
 * Nothing here waits without an end: connecting, the first word of an answer, and each stretch of a stream have limits.
 */
import type * as http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { HttpAgents } from "../build/fetch/http-agents.ts";
import { type CachePatience, type CacheSource, CacheTrouble, MIN_BYTES_PER_S } from "./cache-source.ts";

const MAX_REDIRECTS = 5;
const MAX_PAUSE_MS = 30_000;
/** So much more of a file makes up for an interruption. */
const PROGRESS_BYTES = 1024 * 1024;
const MISSING_STATUSES: ReadonlySet<number> = new Set([403, 404, 410]);
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const UNREACHABLE_CODES = "ECONNREFUSED ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH EHOSTDOWN".split(" ");
/** Of a small file: where a server is in trouble, others are asked soon. */
const MAX_SMALL_ATTEMPTS = 2;

interface Limits {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export class HttpSource implements CacheSource {
  readonly #base: string;
  readonly #authorization: string | null;
  readonly #patience: CachePatience;
  readonly #agents: HttpAgents;

  constructor(url: URL, patience: CachePatience, environment: NodeJS.ProcessEnv = process.env) {
    const { username, password } = url;
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    this.#authorization = username === "" ? null : `Basic ${Buffer.from(credentials).toString("base64")}`;
    this.#base = `${url.origin}${url.pathname.replace(/\/*$/, "/")}`;
    this.#patience = patience;
    this.#agents = new HttpAgents(environment, patience.maxConnections);
  }

  async read(path: string, { maxBytes, signal }: Limits): Promise<Buffer | null> {
    const attempts = Math.min(MAX_SMALL_ATTEMPTS, this.#patience.attempts);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#readOnce(path, { maxBytes, signal });
      } catch (error) {
        const trouble = asTrouble(error, signal);
        if (trouble.kind === "gone") return null;
        if (trouble.kind !== "transient" || attempt >= attempts) throw trouble;
        await this.#pause(attempt, signal);
      }
    }
  }

  async #readOnce(path: string, { maxBytes, signal }: Limits): Promise<Buffer> {
    const response = await this.#open(path, {}, signal);
    const timer = setTimeout(() => {
      response.destroy(new CacheTrouble("transient", "the server does not end its answer"));
    }, this.#patience.answerMs);
    try {
      const parts: Buffer[] = [];
      let size = 0;
      for await (const part of response) {
        size += part.length;
        if (size > maxBytes) throw new CacheTrouble("final", `'${path}' is larger than ${maxBytes} bytes`);
        parts.push(part);
      }
      return Buffer.concat(parts);
    } finally {
      clearTimeout(timer);
      response.destroy();
    }
  }

  async *stream(path: string, { maxBytes, signal }: Limits): AsyncGenerator<Uint8Array, void, undefined> {
    let done = 0;
    let failures = 0;
    for (;;) {
      const start = done;
      try {
        for await (const piece of this.#streamFrom(path, start, signal)) {
          done += piece.length;
          if (done > maxBytes) throw new CacheTrouble("final", `'${path}' is larger than announced`);
          yield piece;
        }
        return;
      } catch (error) {
        const trouble = asTrouble(error, signal);
        failures = done - start >= PROGRESS_BYTES ? 1 : failures + 1;
        if (trouble.kind === "gone" || trouble.kind === "final") throw trouble;
        if (failures >= this.#patience.attempts) throw trouble;
        await this.#pause(failures, signal);
      }
    }
  }

  /** A server that knows no ranges sends all of it again; what is known of it is passed over. */
  async *#streamFrom(path: string, start: number, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    const response = await this.#open(path, start === 0 ? {} : { range: `bytes=${start}-` }, signal);
    const isPart = response.statusCode === 206;
    if (isPart && !(response.headers["content-range"] ?? "").startsWith(`bytes ${start}-`)) {
      response.destroy();
      throw new CacheTrouble("final", "the server sent another range than was asked for");
    }
    let surplus = isPart ? 0 : start;
    const pieces: AsyncIterator<Buffer> = response[Symbol.asyncIterator]();
    const pace = new Pace(this.#patience.stallMs, response);
    try {
      for (let next = await pace.wait(pieces.next()); next.done !== true; next = await pace.wait(pieces.next())) {
        const piece = next.value.subarray(Math.min(surplus, next.value.length));
        surplus -= next.value.length - piece.length;
        pace.count(next.value.length);
        if (piece.length > 0) yield piece;
      }
      if (surplus > 0) throw new CacheTrouble("final", "the file became shorter while it was read");
    } finally {
      response.destroy();
    }
  }

  async #pause(failures: number, signal: AbortSignal): Promise<void> {
    const pauseMs = Math.min(MAX_PAUSE_MS, this.#patience.pauseMs * 2 ** (failures - 1));
    await sleep(pauseMs * (0.5 + Math.random()), undefined, { signal });
  }

  async #open(path: string, headers: http.OutgoingHttpHeaders, signal: AbortSignal): Promise<http.IncomingMessage> {
    let url = new URL(path, this.#base);
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const response = await this.#get(url, headers, signal);
      const status = response.statusCode ?? 0;
      if (status === 200 || (status === 206 && headers["range"] !== undefined)) return response;
      const { location } = response.headers;
      // its connection can be used again only when it was read
      if (Number(response.headers["content-length"] ?? Infinity) < 64 * 1024) response.resume();
      else response.destroy();
      if (status < 300 || status >= 400 || location === undefined) throw statusTrouble(status);
      url = redirected(url, location);
    }
    throw new CacheTrouble("final", "it redirects in a circle");
  }

  #get(url: URL, headers: http.OutgoingHttpHeaders, signal: AbortSignal): Promise<http.IncomingMessage> {
    const isOwn = url.href.startsWith(new URL(this.#base).origin);
    const authorization = this.#authorization !== null && isOwn ? { authorization: this.#authorization } : {};
    const options = { signal, headers: { ...headers, ...authorization } };
    return new Promise((resolve, reject) => {
      const request = this.#agents.get(url, options, (response) => {
        clearTimeout(timer);
        resolve(response);
      });
      let timer: NodeJS.Timeout | undefined;
      const limit = (ms: number, trouble: CacheTrouble): void => {
        clearTimeout(timer);
        timer = setTimeout(() => request.destroy(trouble), ms);
      };
      const { connectMs, answerMs } = this.#patience;
      const answer = (): void => limit(answerMs, new CacheTrouble("transient", "the server does not answer"));
      // waiting for a free connection does not count
      request.once("socket", (socket) => {
        if (!socket.connecting) return answer();
        limit(connectMs, new CacheTrouble("unreachable", "no connection within the time limit"));
        socket.once(url.protocol === "https:" ? "secureConnect" : "connect", answer);
      });
      request.once("error", (error) => {
        clearTimeout(timer);
        reject(error);
      });
    });
  }

  close(): void {
    this.#agents.close();
  }
}

/** How fast a stream comes, counting only the time that is spent waiting for it. */
class Pace {
  readonly #stallMs: number;
  readonly #response: http.IncomingMessage;
  #waitedMs = 0;
  #bytes = 0;

  constructor(stallMs: number, response: http.IncomingMessage) {
    this.#stallMs = stallMs;
    this.#response = response;
  }

  async wait<T>(next: Promise<T>): Promise<T> {
    const startMs = performance.now();
    const timer = setTimeout(() => this.#giveUp(), this.#stallMs);
    try {
      return await next;
    } finally {
      clearTimeout(timer);
      this.#waitedMs += performance.now() - startMs;
    }
  }

  count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#waitedMs < this.#stallMs) return;
    if (this.#bytes < (this.#waitedMs / 1000) * MIN_BYTES_PER_S) this.#giveUp();
    this.#waitedMs = 0;
    this.#bytes = 0;
  }

  #giveUp(): void {
    this.#response.destroy(new CacheTrouble("transient", "the server sends next to nothing any more"));
  }
}

/** From HTTPS only to HTTPS; never to anything but HTTP. */
function redirected(from: URL, location: string): URL {
  const url = URL.parse(location, from.href);
  const isFit = url !== null && (url.protocol === "https:" || (url.protocol === "http:" && from.protocol === "http:"));
  if (!isFit) throw new CacheTrouble("final", `it redirects to '${location}'`);
  return url;
}

function statusTrouble(status: number): CacheTrouble {
  const kind = MISSING_STATUSES.has(status) ? "gone" : TRANSIENT_STATUSES.has(status) ? "transient" : "final";
  return new CacheTrouble(kind, `the server answered ${status}`);
}

function asTrouble(error: unknown, signal: AbortSignal): CacheTrouble {
  signal.throwIfAborted();
  if (error instanceof CacheTrouble) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return new CacheTrouble(UNREACHABLE_CODES.includes(code) ? "unreachable" : "transient", message, { cause: error });
}
