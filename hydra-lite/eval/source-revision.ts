/**
 * What is being evaluated: the commit, and whether the work tree differs from it. A release is named after this, so a tree
 * with changes gets the hash of its contents into its revision: two different trees never share a name.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { AppError } from "#store/std/app-error.ts";

export interface SourceRevision {
  /** Top of the work tree, or the release file's folder outside of git. */
  readonly folder: string;
  /** 40 hexadecimal digits; `-dirty-<tree>` after them when the tree differs from the commit. */
  readonly revision: string;
  /** The first 12 digits, with the same ending. */
  readonly shortRevision: string;
  readonly commitTime: Date;
  readonly dirty: boolean;
  /** Where it can be had again. */
  readonly url: string;
}

const run = promisify(execFile);

export async function readSourceRevision(releaseFile: string): Promise<SourceRevision> {
  const folder = dirname(resolve(releaseFile));
  const top = await topOfWorkTree(folder);
  return top === null ? unversioned(folder) : versioned(top);
}

/** Null where there is no git, no repository, or no commit yet. */
async function topOfWorkTree(folder: string): Promise<string | null> {
  try {
    await git(folder, ["rev-parse", "--verify", "--quiet", "HEAD"]);
    return await git(folder, ["rev-parse", "--show-toplevel"]);
  } catch {
    return null;
  }
}

async function versioned(folder: string): Promise<SourceRevision> {
  const [head, seconds, changes] = await Promise.all([
    git(folder, ["rev-parse", "HEAD"]),
    git(folder, ["show", "--no-patch", "--format=%ct", "HEAD"]),
    git(folder, ["status", "--porcelain"]),
  ]);
  const dirty = changes !== "";
  const ending = dirty ? `-dirty-${(await hashOfWorkTree(folder)).slice(0, 12)}` : "";
  return {
    folder,
    revision: head + ending,
    shortRevision: head.slice(0, 12) + ending,
    commitTime: new Date(Number(seconds) * 1000),
    dirty,
    url: `${await repositoryUrl(folder)}?rev=${head}`,
  };
}

/** The tree that a commit of everything would have, without touching the repository's index or objects. */
async function hashOfWorkTree(folder: string): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), "firn-tree-"));
  try {
    const inGit = async (name: string): Promise<string> =>
      resolve(folder, await git(folder, ["rev-parse", "--git-path", name]));
    const index = join(scratch, "index");
    // The copy keeps what git knows of unchanged files, so only changed ones are read.
    await copyFile(await inGit("index"), index).catch(() => {});
    const environment = {
      GIT_INDEX_FILE: index,
      GIT_OBJECT_DIRECTORY: scratch,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: await inGit("objects"),
    };
    await git(folder, ["add", "--all"], environment);
    return await git(folder, ["write-tree"], environment);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function repositoryUrl(folder: string): Promise<string> {
  const origin = await git(folder, ["remote", "get-url", "origin"]).catch(() => "");
  if (URL.canParse(origin) && /^(https?|ssh|git):/.test(origin)) {
    const url = new URL(origin);
    url.username = "";
    url.password = "";
    return `git+${url.href}`;
  }
  return `git+file://${folder}`;
}

async function git(folder: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  // A clone that belongs to another user (sudo, a container's mount) is read all the same: its code runs here anyway.
  const { stdout } = await run("git", ["-c", "safe.directory=*", "-C", folder, ...args], {
    env: { ...process.env, ...environment },
    maxBuffer: 64 << 20,
  });
  return stdout.trim();
}

/** Outside of git: the hash of the folder's files, and the time of the newest. */
async function unversioned(folder: string): Promise<SourceRevision> {
  const hash = createHash("sha256");
  let newestMs = 0;
  for (const path of await filesOf(folder)) {
    const [contents, { mtimeMs }] = await Promise.all([readFile(path), stat(path)]);
    hash.update(`${relative(folder, path)}\0${contents.length}\0`).update(contents);
    newestMs = Math.max(newestMs, mtimeMs);
  }
  const revision = hash.digest("hex").slice(0, 40);
  return {
    folder,
    revision,
    shortRevision: revision.slice(0, 12),
    commitTime: new Date(Math.floor(newestMs / 1000) * 1000),
    dirty: false,
    url: `file://${folder}`,
  };
}

const mostFiles = 20_000;

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  if (files.length > mostFiles) {
    throw new AppError("HYDRA_UNVERSIONED", `Cannot tell the revision of '${folder}': it is in no git repository`, {
      hint: "Put the release file under git, or into a folder of its own",
    });
  }
  return files.sort();
}
