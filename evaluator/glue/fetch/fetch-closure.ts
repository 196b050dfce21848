/**
 * `fetchClosure`: a store path and all that it refers to, from a binary cache. What is content-addressed proves itself;
 * anything else needs a signature by a key that is trusted.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { ContentCheck, isContentAddressed, type NewPathInfo, parseContentAddress, TrustedKeys } from "#store/api.ts";
import { type NarInfo, parseNarInfo } from "#store/formats/narinfo.ts";
import { parsePublicKey } from "#store/formats/signature.ts";
import { storePathHashPart } from "#store/formats/store-path.ts";
import { EvalIoError, type FetchedSource, type FetchRequest } from "../../io.ts";
import { downloadFile } from "./download.ts";
import { type FetchContext, narHashOf, withScratchFolder } from "./fetch-context.ts";
import { runProgram } from "./run-program.ts";

type ClosureRequest = Extract<FetchRequest, { type: "closure" }>;

export function fetchClosure(context: FetchContext, request: ClosureRequest): FetchedSource {
  withScratchFolder(context, (folder) => copyClosure(context, request, folder));
  const info = context.store.queryPathInfo(request.path);
  if (request.contentAddressed && info?.ca === null) {
    throw new EvalIoError(
      "invalid",
      `The 'fromPath' value '${request.path}' is input-addressed, but 'inputAddressed' is set to 'false' (default).`,
      { hint: "add the attribute 'inputAddressed = true;' to the 'fetchClosure' arguments" },
    );
  }
  return { storePath: request.path, narHash: narHashOf(context, request.path) };
}

function copyClosure(context: FetchContext, request: ClosureRequest, folder: string): void {
  const infos = new Map<string, NarInfo>();
  const visit = (path: string): void => {
    if (infos.has(path) || context.store.isValidPath(path)) return;
    const info = readInfo(context, request.cacheUrl, path, folder);
    infos.set(path, info);
    for (const reference of info.references) if (reference !== path) visit(reference);
  };
  visit(request.path);
  // References before what refers to them: a path is only visited after those that need it.
  const done = new Set<string>();
  const copy = (path: string): void => {
    const info = infos.get(path);
    if (info === undefined || done.has(path)) return;
    done.add(path);
    for (const reference of info.references) copy(reference);
    importPath(context, request.cacheUrl, info, folder);
  };
  copy(request.path);
}

function readInfo(context: FetchContext, cacheUrl: string, path: string, folder: string): NarInfo {
  const file = join(folder, "info");
  downloadFile(`${cacheUrl.replace(/\/$/, "")}/${storePathHashPart(path)}.narinfo`, file, context);
  const info = parseNarInfo(readFileSync(file, "latin1"), context.store.storeDir);
  if (info.storePath !== path) {
    throw new EvalIoError("invalid", `cache '${cacheUrl}' has '${info.storePath}' in the place of '${path}'`);
  }
  const named = { ...info, path };
  if (!isContentAddressed(named, context.store.storeDir) && !isSigned(context, named)) {
    throw new EvalIoError("invalid", `cannot add path '${path}' because it lacks a signature by a trusted key`, {
      hint: `a cache's key is trusted by a line in nix.conf: extra-trusted-public-keys = NAME:KEY`,
    });
  }
  return info;
}

function isSigned(context: FetchContext, info: NewPathInfo): boolean {
  const { trustedPublicKeys, requireSigs } = context.trust;
  return new TrustedKeys(trustedPublicKeys.map(parsePublicKey), { isRequired: requireSigs }).haveSigned(info);
}

function importPath(context: FetchContext, cacheUrl: string, info: NarInfo, folder: string): void {
  const file = join(folder, "nar");
  downloadFile(`${cacheUrl.replace(/\/$/, "")}/${info.url}`, file, context);
  const { compression, storePath: path, url: _url, ...rest } = info;
  const bytes = decompress(context, file, compression);
  // Its NAR's hash is compared when it is committed; a content address is a claim of its own.
  if (info.ca !== null) {
    const check = new ContentCheck(parseContentAddress(info.ca));
    check.write(bytes);
    check.finish(path);
  }
  const target = context.store.importNar({ ...rest, path });
  try {
    target.write(bytes);
    target.commit();
  } finally {
    target.close();
  }
}

function decompress(context: FetchContext, file: string, compression: string): Uint8Array {
  switch (compression) {
    case "none":
      return readFileSync(file);
    case "gzip":
      return gunzipSync(readFileSync(file));
    case "zstd":
      return zstdDecompressSync(readFileSync(file));
    case "xz":
    case "bzip2":
      return Buffer.from(runProgram(compression, ["-dc", file], { environment: context.environment }), "latin1");
    default:
      throw new EvalIoError("other", `NAR files compressed with '${compression}' cannot be read`);
  }
}
