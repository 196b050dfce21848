/**
 * `fetchGit`. A work tree of this machine with changes is taken as it stands, as far as git knows its files; everything else
 * is the tree of a commit. Repositories that are elsewhere are kept as bare clones in `firn/fetch/git`, and asked again when
 * a commit is not there, or a branch was last asked for longer ago than the time to live.
 */
import { existsSync, lstatSync, mkdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashHex } from "#store/formats/hash.ts";
import { fromByteString } from "#store/std/byte-string.ts";
import { EvalIoError, type FetchedSource, type GitRequest } from "../../io.ts";
import {
  addTree,
  checkNarHash,
  type FetchContext,
  narHashOf,
  pathOfNarHash,
  sameHash,
  withScratchFolder,
} from "./fetch-context.ts";
import { GitRepository } from "./git-repository.ts";

export function fetchGit(context: FetchContext, request: GitRequest): FetchedSource {
  checkNames(request);
  const local = localFolder(request.url);
  if (local === null) return fetchRevision(context, request, remoteRevision(context, request));
  const repository = new GitRepository(context, local);
  if (request.ref === null && request.rev === null) {
    const head = repository.resolve("HEAD");
    if (head === null || isChanged(repository)) return addWorkTree(context, request, { repository, head });
    return fetchRevision(context, request, { repository, rev: head });
  }
  return fetchRevision(context, request, { repository, rev: localRevision(repository, request) });
}

/** As git-check-ref-format(1), but for control characters, which no branch that exists has. */
const refName = /^(?![-/]|.*(?:\/\.|\.\.|\/\/|@\{|\.lock$|[/.]$))[^\s~^:?*[\\]+$/;

function checkNames({ ref, rev }: GitRequest): void {
  if (ref !== null && !refName.test(ref)) throw new EvalIoError("invalid", `invalid Git branch/tag name '${ref}'`);
  if (rev !== null && !/^[0-9a-f]{40}$|^[0-9a-f]{64}$/.test(rev)) {
    throw new EvalIoError("invalid", `'${rev}' is not a Git commit hash`);
  }
}

/** The work tree that a URL names, null when it is elsewhere or bare. */
function localFolder(url: string): string | null {
  if (!url.startsWith("file://")) return null;
  const folder = fromByteString(decodeURIComponent(url.slice("file://".length)));
  return existsSync(join(folder, ".git")) ? folder : null;
}

interface Revision {
  readonly repository: GitRepository;
  readonly rev: string;
}

function localRevision(repository: GitRepository, request: GitRequest): string {
  if (request.rev !== null) {
    if (repository.hasRevision(request.rev)) return request.rev;
    throw missingRevision(request);
  }
  const ref = request.ref ?? "HEAD";
  const rev = repository.resolve(`refs/heads/${ref}`) ?? repository.resolve(ref);
  if (rev !== null) return rev;
  throw new EvalIoError("not-found", `Git repository '${request.url}' has no branch or tag '${ref}'`);
}

function missingRevision({ rev, ref, url }: GitRequest): EvalIoError {
  return new EvalIoError(
    "not-found",
    `Cannot find Git revision '${rev}' in ref '${ref ?? "HEAD"}' of repository '${url}'!`,
    { hint: "make sure that the rev exists on the ref you've specified, or add allRefs = true;" },
  );
}

function isChanged(repository: GitRepository): boolean {
  const { code } = repository.try(["diff", "HEAD", "--no-ext-diff", "--quiet", "--ignore-submodules", "--"]);
  return code !== 0;
}

function addWorkTree(
  context: FetchContext,
  request: GitRequest,
  place: { readonly repository: GitRepository; readonly head: string | null },
): FetchedSource {
  const { repository, head } = place;
  context.log(`warning: Git tree '${repository.folder}' is dirty`);
  const recurse = request.submodules ? ["--recurse-submodules"] : [];
  const listed = repository.run(["ls-files", "-z", ...recurse]).split("\0");
  const kept = new Set<string>();
  for (const file of listed)
    for (let end = file.length; end > 0; end = file.lastIndexOf("/", end - 1)) kept.add(file.slice(0, end));
  const prefix = Buffer.from(repository.folder).toString("latin1").length + 1;
  const storePath = context.store.addPath(request.name, Buffer.from(repository.folder).toString("latin1"), {
    filter: (path) => kept.has(path.slice(prefix)),
  });
  return {
    storePath,
    narHash: narHashOf(context, storePath),
    lastModified: head === null ? 0 : repository.lastModified(head),
    ...(head === null ? {} : { dirtyRev: head }),
  };
}

/** Brings a commit of a repository that is elsewhere here. */
function remoteRevision(context: FetchContext, request: GitRequest): Revision {
  const repository = openClone(context, request);
  const { rev, allRefs } = request;
  if (rev !== null) {
    if (!repository.hasRevision(rev)) fetchMissing(repository, request, rev);
    return { repository, rev };
  }
  const ref = fullRef(request.ref ?? defaultBranch(context, repository, request.url));
  if (allRefs || !isFresh(context, repository, ref)) {
    update(context, repository, request, ref);
  }
  const found = repository.resolve(ref);
  if (found === null) throw new EvalIoError("not-found", `Git repository '${request.url}' has no '${ref}'`);
  return { repository, rev: found };
}

function openClone(context: FetchContext, request: GitRequest): GitRepository {
  const key = `${request.url}${request.shallow ? ";shallow" : ""}`;
  const folder = join(context.folder, "git", hashHex("sha256", key).slice(0, 40));
  const repository = new GitRepository(context, folder);
  if (!existsSync(join(folder, "HEAD"))) {
    mkdirSync(folder, { recursive: true });
    repository.run(["init", "--quiet", "--bare", "."]);
  }
  return repository;
}

function fullRef(ref: string): string {
  return ref.startsWith("refs/") ? ref : `refs/heads/${ref}`;
}

const stampFile = "firn-fetched";

function stampOf(repository: GitRepository, ref: string): string {
  return join(repository.folder, `${stampFile}-${hashHex("sha256", ref).slice(0, 16)}`);
}

function isFresh(context: FetchContext, repository: GitRepository, ref: string): boolean {
  const stats = statSync(stampOf(repository, ref), { throwIfNoEntry: false });
  return stats !== undefined && context.cache.isFreshSince(stats.mtimeMs) && repository.resolve(ref) !== null;
}

/** The branch that the other repository's HEAD is. */
function defaultBranch(context: FetchContext, repository: GitRepository, url: string): string {
  const key = ["git-head", url];
  const known = context.cache.get(key);
  if (known?.isFresh === true && known.source.branch !== undefined) return known.source.branch;
  const listed = repository.try(["ls-remote", "--symref", "--", url, "HEAD"]);
  if (listed.code !== 0) {
    if (known?.source.branch !== undefined) return known.source.branch;
    throw new EvalIoError("other", `cannot read the Git repository '${url}': ${listed.errors}`);
  }
  const branch = /^ref: (\S+)\tHEAD$/m.exec(listed.output)?.[1] ?? "refs/heads/master";
  context.cache.set(key, { storePath: "", narHash: "", branch });
  return branch;
}

function update(context: FetchContext, repository: GitRepository, request: GitRequest, ref: string): void {
  const fetched = fetchInto(repository, request, request.allRefs ? "refs/*:refs/*" : `${ref}:${ref}`);
  if (fetched === null) {
    const stamp = stampOf(repository, ref);
    writeFileSync(stamp, "");
    utimesSync(stamp, new Date(), new Date());
    return;
  }
  if (repository.resolve(ref) === null) throw cannotFetch(request, fetched);
  context.log(
    `warning: could not update local clone of Git repository '${request.url}'; continuing with the most recent version`,
  );
}

/** Null, or why it failed. */
function fetchInto(repository: GitRepository, request: GitRequest, refspec: string): string | null {
  const depth = request.shallow ? ["--depth=1"] : [];
  const { code, errors } = repository.try([
    "fetch",
    "--quiet",
    "--force",
    "--no-auto-gc",
    ...depth,
    "--",
    request.url,
    refspec,
  ]);
  return code === 0 ? null : errors;
}

/** A commit that is not in the clone: on its branch, or by its hash where the server gives that. */
function fetchMissing(repository: GitRepository, request: GitRequest, rev: string): void {
  const wanted = [
    rev,
    request.allRefs ? "refs/*:refs/*" : fullRef(request.ref ?? "HEAD").replace("refs/heads/HEAD", "HEAD"),
  ];
  let failure: string | null = null;
  for (const refspec of wanted) {
    failure = fetchInto(repository, request, refspec);
    if (repository.hasRevision(rev)) return;
  }
  throw failure === null ? missingRevision(request) : cannotFetch(request, failure);
}

function cannotFetch(request: GitRequest, why: string): EvalIoError {
  return new EvalIoError("other", `cannot fetch the Git repository '${request.url}': ${why}`);
}

function fetchRevision(context: FetchContext, request: GitRequest, { repository, rev }: Revision): FetchedSource {
  const { name, submodules, exportIgnore, shallow } = request;
  const isShallow = !shallow && repository.isShallow;
  if (isShallow) {
    throw new EvalIoError(
      "other",
      `'${repository.folder}' is a shallow Git repository, but shallow repositories are only allowed when \`shallow = true;\` is specified`,
    );
  }
  const key = ["git", rev, name, submodules, exportIgnore, shallow];
  const known = context.cache.get(key);
  if (known !== null && context.store.isValidPath(known.source.storePath)) {
    if (request.narHash === null || sameHash(request.narHash, known.source.narHash)) return known.source;
  }
  const storePath =
    pathOfNarHash(context, name, request.narHash) ??
    withScratchFolder(context, (scratch) => {
      const tree = join(scratch, "tree");
      exportWithSubmodules(context, request, { repository, rev }, { tree, scratch });
      return addTree(context, name, tree);
    });
  const narHash = narHashOf(context, storePath);
  // Lock files by Nix before 2.20 have the hash of the tree without what is marked `export-ignore`.
  if (request.narHash !== null && !exportIgnore && !submodules && !sameHash(request.narHash, narHash)) {
    return fetchRevision(context, { ...request, exportIgnore: true }, { repository, rev });
  }
  const source: FetchedSource = {
    storePath,
    narHash,
    rev,
    lastModified: repository.lastModified(rev),
    ...(shallow ? {} : { revCount: repository.countRevisions(rev) }),
  };
  checkNarHash(`Git revision '${rev}' of '${request.url}'`, request.narHash, source.narHash);
  context.cache.set(key, source);
  return source;
}

function exportWithSubmodules(
  context: FetchContext,
  request: GitRequest,
  { repository, rev }: Revision,
  place: { readonly tree: string; readonly scratch: string },
): void {
  repository.exportTree(rev, place.tree, { exportIgnore: request.exportIgnore, scratch: place.scratch });
  if (!request.submodules) return;
  for (const submodule of repository.submodulesOf(rev)) {
    const tree = join(place.tree, fromByteString(submodule.path));
    // A parent that is a symlink of the tree itself would lead elsewhere.
    if (!lstatSync(tree).isDirectory()) throw new EvalIoError("invalid", `submodule path '${submodule.path}' is taken`);
    const url = submoduleUrl(request.url, submodule.url);
    const inner: GitRequest = { ...request, url, ref: null, rev: submodule.rev, allRefs: true, narHash: null };
    const local = localFolder(url);
    const revision =
      local === null
        ? remoteRevision(context, inner)
        : { repository: new GitRepository(context, local), rev: submodule.rev };
    exportWithSubmodules(context, inner, revision, { ...place, tree });
  }
}

/** Relative URLs of submodules start at the repository that has them. */
function submoduleUrl(parent: string, url: string): string {
  if (url.startsWith("/")) return `file://${url}`;
  if (!url.startsWith("./") && !url.startsWith("../")) return url;
  const parts = parent.replace(/\/+$/, "").split("/");
  for (const part of url.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}
