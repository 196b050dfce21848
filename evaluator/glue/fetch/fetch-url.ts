/** `fetchurl` and `fetchTarball`: a file, or the tree of an archive without its top folder, by URL. */
import { lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { equalHashes, formatHash, type Hash, hashBytes, parseHash } from "#store/formats/hash.ts";
import { makeFixedOutputPath } from "#store/formats/store-path.ts";
import { fromByteString, toByteString } from "#store/std/byte-string.ts";
import { EvalIoError, type FetchedSource, type FetchRequest } from "../../io.ts";
import { downloadFile } from "./download.ts";
import {
  addTree,
  checkNarHash,
  type FetchContext,
  hashMismatch,
  narHashOf,
  withScratchFolder,
} from "./fetch-context.ts";
import { runProgram } from "./run-program.ts";

type UrlRequest = Extract<FetchRequest, { type: "url" }>;

export function fetchUrl(context: FetchContext, request: UrlRequest): FetchedSource {
  const written = writtenHash(request);
  const expected = written === null ? null : parseHash(written, "sha256");
  if (expected !== null) {
    const path = makeFixedOutputPath(request.name, request.form === "file" ? "flat" : "recursive", expected, {
      storeDir: context.store.storeDir,
    });
    if (context.store.isValidPath(path)) return { storePath: path, narHash: narHashOf(context, path) };
  }
  const key = ["url", request.form, request.url, request.name];
  const known = context.cache.get(key);
  // A hash that what is kept does not have is a reason to look again, not to fail.
  const usable =
    expected === null && known !== null && context.store.isValidPath(known.source.storePath) ? known : null;
  if (usable?.isFresh === true) return usable.source;
  return withScratchFolder(context, (folder) => {
    const file = join(folder, "download");
    const knownETag = usable?.etag ?? null;
    const answer = downloadFile(fromByteString(request.url), file, { environment: context.environment, knownETag });
    const source = answer.isUnchanged && usable !== null ? usable.source : add(context, request, expected, folder);
    context.cache.set(key, source, answer.etag);
    return source;
  });
}

/** Empty stands for a hash nobody knows yet: the error tells it. */
function writtenHash({ sha256 }: UrlRequest): string | null {
  return sha256 === "" ? "0".repeat(64) : sha256;
}

/** What was downloaded to `download` in a folder. */
function add(context: FetchContext, request: UrlRequest, expected: Hash | null, folder: string): FetchedSource {
  const file = join(folder, "download");
  if (request.form === "archive") return addArchive(context, request, { file, folder });
  if (request.form === "file") return addFile(context, request, expected, file);
  const storePath = addTree(context, request.name, file);
  const narHash = narHashOf(context, storePath);
  checkNarHash(`file downloaded from '${request.url}'`, writtenHash(request), narHash);
  return { storePath, narHash };
}

function addFile(context: FetchContext, request: UrlRequest, expected: Hash | null, file: string): FetchedSource {
  if (expected !== null) {
    const got = hashBytes("sha256", readFileSync(file));
    if (!equalHashes(got, expected)) {
      throw hashMismatch(`file downloaded from '${request.url}'`, formatHash(expected, "sri"), formatHash(got, "sri"));
    }
  }
  const storePath = context.store.addPath(request.name, toByteString(file), { method: "flat" });
  return { storePath, narHash: narHashOf(context, storePath) };
}

function addArchive(
  context: FetchContext,
  request: UrlRequest,
  place: { readonly file: string; readonly folder: string },
): FetchedSource {
  const tree = join(place.folder, "tree");
  mkdirSync(tree);
  unpack(context, request.url, place.file, tree);
  const [top, ...others] = readdirSync(tree);
  if (top === undefined || others.length > 0) {
    throw new EvalIoError("invalid", `tarball '${request.url}' contains an unexpected number of top-level files`);
  }
  const root = join(tree, top);
  const storePath = addTree(context, request.name, root);
  const narHash = narHashOf(context, storePath);
  checkNarHash(`tarball downloaded from '${request.url}'`, writtenHash(request), narHash);
  return { storePath, narHash, lastModified: newestTime(root) };
}

const zipMagic = "PK\x03\x04";

function unpack(context: FetchContext, url: string, file: string, tree: string): void {
  const options = { environment: context.environment };
  const isZip = readFileSync(file).toString("latin1", 0, zipMagic.length) === zipMagic;
  try {
    if (isZip) runProgram("unzip", ["-q", file, "-d", tree], options);
    else {
      const modes = ["--no-same-owner", "--no-same-permissions", "--delay-directory-restore"];
      runProgram("tar", ["-x", "-f", file, "-C", tree, ...modes], options);
    }
  } catch (error) {
    if (!(error instanceof EvalIoError)) throw error;
    throw new EvalIoError("invalid", `cannot unpack '${url}': ${error.message}`, { cause: error });
  }
}

/** Newest modification time in a tree, in seconds. */
export function newestTime(path: string): number {
  const stats = lstatSync(path);
  let newest = Math.floor(stats.mtimeMs / 1000);
  if (stats.isDirectory())
    for (const name of readdirSync(path)) newest = Math.max(newest, newestTime(join(path, name)));
  return newest;
}
