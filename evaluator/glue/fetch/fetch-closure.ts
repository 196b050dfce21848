/**
 * `fetchClosure`: a store path and all that it refers to, from a binary cache. What is content-addressed proves itself;
 * anything else needs a signature by a key that is trusted.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { parseHash } from "#store/formats/hash.ts";
import { type NarInfo, parseNarInfo } from "#store/formats/narinfo.ts";
import { parsePublicKey, verifySignature } from "#store/formats/signature.ts";
import { makeFixedOutputPath, storePathHashPart, storePathName } from "#store/formats/store-path.ts";
import { EvalIoError, type FetchedSource, type FetchRequest } from "../../io.ts";
import { downloadFile } from "./download.ts";
import { type FetchContext, narHashOf, withScratchFolder } from "./fetch-context.ts";
import { runProgram } from "./run-program.ts";

type ClosureRequest = Extract<FetchRequest, { type: "closure" }>;

/** What Nix trusts when nobody says otherwise. */
const trustedKeys = ["cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY="];

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
  downloadFile(`${cacheUrl.replace(/\/$/, "")}/${storePathHashPart(path)}.narinfo`, file, context.environment);
  const info = parseNarInfo(readFileSync(file, "latin1"), context.store.storeDir);
  if (info.storePath !== path) {
    throw new EvalIoError("invalid", `cache '${cacheUrl}' has '${info.storePath}' in the place of '${path}'`);
  }
  if (!isContentAddress(info, context.store.storeDir) && !isSigned(info)) {
    throw new EvalIoError("invalid", `path '${path}' of '${cacheUrl}' has no signature by a trusted key`);
  }
  return info;
}

function isContentAddress(info: NarInfo, storeDir: string): boolean {
  if (info.ca === null || !info.ca.startsWith("fixed:r:sha256:")) return false;
  const references = info.references;
  const expected = makeFixedOutputPath(storePathName(info.storePath, storeDir), "recursive", parseHash(info.narHash), {
    references,
    storeDir,
  });
  return expected === info.storePath;
}

function isSigned(info: NarInfo): boolean {
  const keys = trustedKeys.map(parsePublicKey);
  return info.signatures.some((signature) => verifySignature(signature, { ...info, path: info.storePath }, keys));
}

function importPath(context: FetchContext, cacheUrl: string, info: NarInfo, folder: string): void {
  const file = join(folder, "nar");
  downloadFile(`${cacheUrl.replace(/\/$/, "")}/${info.url}`, file, context.environment);
  const { storePath, narHash, narSizeBytes, references, deriver, ca, signatures } = info;
  const target = context.store.importNar({
    path: storePath,
    narHash,
    narSizeBytes,
    references,
    deriver,
    ca,
    signatures,
  });
  try {
    target.write(decompress(context, file, info.compression));
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
