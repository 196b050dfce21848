/**
 * A store as a binary cache over HTTP: `nix-cache-info`, `<hash part>.narinfo` signed on the fly, `nar/..`, `<hash part>.ls`,
 * `log/<derivation>`. Nothing is kept: a NAR is made, and compressed, while it is sent.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createBrotliCompress, createGzip, createZstdCompress } from "node:zlib";
import { readBuildLog } from "../build/build-log.ts";
import { formatHash, parseHash } from "../formats/hash.ts";
import { printNarInfo } from "../formats/narinfo.ts";
import { type SecretKey, signPath } from "../formats/signature.ts";
import { storePathHashPart } from "../formats/store-path.ts";
import type { LocalStore, PathInfo } from "../local/store-interface.ts";
import { AppError } from "../std/app-error.ts";
import { bytesOf } from "../std/byte-string.ts";
import { narOfTree } from "../stores/nar-stream.ts";
import { narListing } from "./nar-listing.ts";

export type ServedCompression = "none" | "zstd" | "gzip" | "br";

export interface CacheServerOptions {
  readonly store: LocalStore;
  readonly compression: ServedCompression;
  /** Smaller is asked first; caches of others have 40 and 50. */
  readonly priority: number;
  /** Each signs every path that it has not signed yet. */
  readonly secretKeys: readonly SecretKey[];
  /** `STATUS METHOD path`, of each request when it is over. */
  readonly onRequest?: (line: string) => void;
}

export interface RunningCacheServer {
  /** `http://host:port` */
  readonly url: string;
  /** Takes no more requests, finishes those under way for as long as the grace lasts. */
  close(graceMs?: number): Promise<void>;
}

const SUFFIXES: Readonly<Record<ServedCompression, string>> = { none: "", zstd: ".zst", gzip: ".gz", br: ".br" };
const COMPRESSORS: Readonly<Record<Exclude<ServedCompression, "none">, () => Transform>> = {
  zstd: () => createZstdCompress(),
  gzip: () => createGzip(),
  // its default is for texts that are compressed once and read often
  br: () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
};
const HASH_PART = "[0-9a-df-np-sv-z]{32}";
const NARINFO_URL = new RegExp(`^/(${HASH_PART})\\.narinfo$`);
const LISTING_URL = new RegExp(`^/(${HASH_PART})\\.ls$`);
const NAR_URL = new RegExp(`^/nar/(${HASH_PART})-([0-9a-z]{52})\\.nar(\\.zst|\\.gz|\\.br)?$`);
const LOG_URL = new RegExp(`^/log/(${HASH_PART}-[0-9a-zA-Z+\\-._?=]+)$`);
const GRACE_MS = 10_000;
const IDLE_MS = 65_000;
const SWEEP_MS = 50;

/** @throws AppError `CACHE_CANNOT_LISTEN` */
export async function startCacheServer(
  options: CacheServerOptions,
  address: { readonly host: string; readonly port: number },
): Promise<RunningCacheServer> {
  const server = createServer({ keepAliveTimeout: IDLE_MS }, (request, response) => {
    const line = (): void => options.onRequest?.(`${response.statusCode} ${request.method} ${request.url}`);
    response.once("close", line);
    answer(options, request, response).catch(() => {
      // too late for a status: a broken connection is what the client understands
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(cannotListen(address, cause)));
    server.listen(address.port, address.host, resolve);
  });
  // as: a TCP server has an address of this form
  const { port, address: host, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${host}]` : host}:${port}`,
    close: (graceMs = GRACE_MS) => closeServer(server, graceMs),
  };
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const isClosed = new Promise<void>((resolve) => server.close(() => resolve()));
  // a connection that becomes idle later would be kept for its next request
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  server.closeIdleConnections();
  await isClosed;
  clearTimeout(timer);
  clearInterval(sweep);
}

async function answer(options: CacheServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { allow: "GET, HEAD" }).end();
    return;
  }
  const { store, priority } = options;
  const url = request.url ?? "/";
  if (url === "/nix-cache-info") {
    const text = `StoreDir: ${store.storeDir}\nWantMassQuery: 1\nPriority: ${priority}\n`;
    return send(request, response, { type: "text/x-nix-cache-info", bytes: Buffer.from(text) });
  }
  const narinfo = NARINFO_URL.exec(url)?.[1];
  if (narinfo !== undefined) {
    const info = infoOf(store, narinfo);
    if (info === null) return notFound(response);
    return send(request, response, { type: "text/x-nix-narinfo", bytes: bytesOf(narInfoText(options, info)) });
  }
  const nar = NAR_URL.exec(url);
  if (nar !== null)
    return await sendNar(
      options,
      { hashPart: nar[1] ?? "", narHash: nar[2] ?? "", suffix: nar[3] ?? "" },
      request,
      response,
    );
  const listing = LISTING_URL.exec(url)?.[1];
  if (listing !== undefined) {
    const info = infoOf(store, listing);
    if (info === null) return notFound(response);
    const bytes = Buffer.from(narListing(store.physicalPath(info.path)));
    return send(request, response, { type: "application/json", bytes });
  }
  const drvName = LOG_URL.exec(url)?.[1];
  const log = drvName === undefined ? null : await readBuildLog(store.root, `${store.storeDir}/${drvName}`);
  if (log === null) return notFound(response);
  send(request, response, { type: "text/plain; charset=utf-8", bytes: log });
}

function infoOf(store: LocalStore, hashPart: string): PathInfo | null {
  const path = store.queryPathFromHashPart(hashPart);
  return path === null ? null : store.queryPathInfo(path);
}

function narInfoText({ store, compression, secretKeys }: CacheServerOptions, info: PathInfo): string {
  const narHash = formatHash(parseHash(info.narHash), "base32");
  const name = `${storePathHashPart(info.path, store.storeDir)}-${narHash.slice("sha256:".length)}`;
  const isPlain = compression === "none";
  const signatures = [...info.signatures];
  for (const key of secretKeys) {
    if (!signatures.some((signature) => signature.startsWith(`${key.name}:`))) signatures.push(signPath(key, info));
  }
  return printNarInfo({
    storePath: info.path,
    url: `nar/${name}.nar${SUFFIXES[compression]}`,
    compression,
    // of what is compressed while it is sent, nobody knows them before
    fileHash: isPlain ? narHash : null,
    fileSizeBytes: isPlain ? info.narSizeBytes : null,
    narHash,
    narSizeBytes: info.narSizeBytes,
    references: info.references,
    deriver: info.deriver,
    system: null,
    signatures,
    ca: info.ca,
  });
}

interface NarRequest {
  readonly hashPart: string;
  readonly narHash: string;
  readonly suffix: string;
}

async function sendNar(
  { store }: CacheServerOptions,
  { hashPart, narHash, suffix }: NarRequest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const info = infoOf(store, hashPart);
  // a narinfo that a client has kept may be about other contents
  if (info === null || formatHash(parseHash(info.narHash), "base32") !== `sha256:${narHash}`) return notFound(response);
  const nar = Readable.from(narOfTree(store.physicalPath(info.path)), { objectMode: false });
  const type = { "content-type": "application/x-nix-nar" };
  const compression = compressionOf(suffix);
  if (compression !== "none") {
    response.writeHead(200, type);
    if (request.method === "HEAD") response.end();
    else await pipeline(nar, COMPRESSORS[compression](), response);
    return;
  }
  const range = rangeOf(request.headers.range, info.narSizeBytes);
  if (range === "unsatisfiable") {
    response.writeHead(416, { "content-range": `bytes */${info.narSizeBytes}` }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: info.narSizeBytes };
  const part = range === null ? {} : { "content-range": `bytes ${start}-${end - 1}/${info.narSizeBytes}` };
  const headers = { ...type, "accept-ranges": "bytes", "content-length": end - start, ...part };
  response.writeHead(range === null ? 200 : 206, headers);
  if (request.method === "HEAD") response.end();
  else if (range === null) await pipeline(nar, response);
  else await pipeline(slice(nar, start, end), response);
}

function compressionOf(suffix: string): ServedCompression {
  if (suffix === ".zst") return "zstd";
  if (suffix === ".gz") return "gzip";
  return suffix === ".br" ? "br" : "none";
}

/** One range of bytes; several, or none that can be understood, mean the whole. `end` is behind the last byte. */
function rangeOf(
  header: string | undefined,
  sizeBytes: number,
): { readonly start: number; readonly end: number } | "unsatisfiable" | null {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return null;
  const start = first === "" ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === "" || last === "" ? sizeBytes : Math.min(sizeBytes, Number(last) + 1);
  return start < end ? { start, end } : "unsatisfiable";
}

async function* slice(
  pieces: AsyncIterable<Uint8Array>,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let offset = 0;
  for await (const piece of pieces) {
    const from = Math.max(0, start - offset);
    const to = Math.min(piece.length, end - offset);
    if (from < to) yield piece.subarray(from, to);
    offset += piece.length;
    if (offset >= end) return;
  }
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { type, bytes }: { readonly type: string; readonly bytes: Uint8Array },
): void {
  response.writeHead(200, { "content-type": type, "content-length": bytes.length });
  response.end(request.method === "HEAD" ? undefined : bytes);
}

function notFound(response: ServerResponse): void {
  response.writeHead(404, { "content-length": 0 }).end();
}

function cannotListen({ host, port }: { readonly host: string; readonly port: number }, cause: Error): AppError {
  return new AppError("CACHE_CANNOT_LISTEN", `Cannot listen on '${host}:${port}': ${cause.message}`, {
    cause,
    hint: "Choose another address with --listen HOST:PORT",
  });
}
