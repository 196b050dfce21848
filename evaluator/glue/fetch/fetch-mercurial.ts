/** `fetchMercurial`, through the program `hg`. A repository is kept as a bare clone; a folder with changes is taken as it is. */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { hashHex } from "#store/formats/hash.ts";
import { fromByteString } from "#store/std/byte-string.ts";
import { EvalIoError, type FetchedSource, type FetchRequest } from "../../io.ts";
import { addTree, type FetchContext, narHashOf, withScratchFolder } from "./fetch-context.ts";
import { runProgram, tryProgram } from "./run-program.ts";

type MercurialRequest = Extract<FetchRequest, { type: "mercurial" }>;

export function fetchMercurial(context: FetchContext, request: MercurialRequest): FetchedSource {
  const url = fromByteString(request.url);
  const local = /^(?:file:\/\/)?(\/.*)$/.exec(url)?.[1];
  if (request.rev === null && local !== undefined && isChanged(context, local)) {
    return addWorkTree(context, request, local);
  }
  const clone = join(context.folder, "mercurial", hashHex("sha256", request.url).slice(0, 40));
  if (existsSync(clone)) {
    const wanted = request.rev ?? "default";
    if (!/^[0-9a-f]{40}$/.test(wanted) || !hasRevision(context, clone, wanted)) hg(context, clone, ["pull", "--", url]);
  } else {
    mkdirSync(dirname(clone), { recursive: true });
    hg(context, "/", ["clone", "--noupdate", "--", url, clone]);
  }
  return addRevision(context, request, clone);
}

function hg(context: FetchContext, folder: string, args: readonly string[]): string {
  return runProgram("hg", args, { folder, environment: { ...context.environment, HGPLAIN: "" } });
}

function hasRevision(context: FetchContext, clone: string, rev: string): boolean {
  return (
    tryProgram("hg", ["log", "-r", rev, "--template", "1"], { folder: clone, environment: context.environment })
      .code === 0
  );
}

function isChanged(context: FetchContext, folder: string): boolean {
  return hg(context, folder, ["status", "-R", folder, "--modified", "--added", "--removed"]) !== "";
}

function addWorkTree(context: FetchContext, request: MercurialRequest, folder: string): FetchedSource {
  const listed = hg(context, folder, [
    "status",
    "-R",
    folder,
    "--clean",
    "--modified",
    "--added",
    "--no-status",
    "--print0",
  ]);
  const files = new Set(listed.split("\0").filter((file) => file !== ""));
  const folders = new Set([...files].flatMap((file) => parents(file)));
  const storePath = context.store.addPath(request.name, folder, {
    filter: (path, type) => (type === "directory" ? folders : files).has(path.slice(folder.length + 1)),
  });
  const branch = hg(context, folder, ["branch", "-R", folder]).trim();
  return { storePath, narHash: narHashOf(context, storePath), branch };
}

function parents(file: string): string[] {
  const result: string[] = [];
  for (let end = file.indexOf("/"); end > 0; end = file.indexOf("/", end + 1)) result.push(file.slice(0, end));
  return result;
}

function addRevision(context: FetchContext, request: MercurialRequest, clone: string): FetchedSource {
  const described = hg(context, clone, ["log", "-r", request.rev ?? "default", "--template", "{node} {rev} {branch}"]);
  const [rev, count, branch] = described.split(" ");
  if (rev === undefined || count === undefined || branch === undefined) {
    throw new EvalIoError("other", `cannot find revision '${request.rev}' in the repository '${request.url}'`);
  }
  const key = ["mercurial", rev, request.name];
  const known = context.cache.get(key);
  if (known !== null && context.store.isValidPath(known.source.storePath)) return known.source;
  const storePath = withScratchFolder(context, (folder) => {
    hg(context, clone, ["archive", "-r", rev, join(folder, "tree"), "-X", ".hg_archival.txt"]);
    return addTree(context, request.name, join(folder, "tree"));
  });
  const source = { storePath, narHash: narHashOf(context, storePath), rev, branch, revCount: Number(count) };
  context.cache.set(key, source);
  return source;
}
