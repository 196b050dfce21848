import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tempFolder } from "../tests/temp-folder.ts";
import { sourceArguments } from "./source-arguments.ts";
import { readSourceRevision } from "./source-revision.ts";

function repository(folder: string): (...args: string[]) => string {
  const environment = {
    ...process.env,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_AUTHOR_NAME: "Test",
    GIT_AUTHOR_EMAIL: "test@example.org",
    GIT_COMMITTER_NAME: "Test",
    GIT_COMMITTER_EMAIL: "test@example.org",
    GIT_COMMITTER_DATE: "2026-03-04T05:06:07Z",
  };
  const git = (...args: string[]): string =>
    execFileSync("git", ["-C", folder, ...args], { encoding: "utf8", env: environment }).trim();
  git("init", "--quiet");
  mkdirSync(join(folder, "distro"));
  writeFileSync(join(folder, "distro/release.nix"), "{ }");
  writeFileSync(join(folder, ".gitignore"), "ignored\n");
  git("add", "--all");
  git("commit", "--quiet", "--message", "first");
  return git;
}

test("readSourceRevision names a clean tree by its commit", async () => {
  using folder = tempFolder("revision");
  const git = repository(folder.path);
  writeFileSync(join(folder.path, "ignored"), "");
  const source = await readSourceRevision(join(folder.path, "distro/release.nix"));
  const head = git("rev-parse", "HEAD");
  assert.deepEqual(source, {
    folder: git("rev-parse", "--show-toplevel"),
    revision: head,
    shortRevision: head.slice(0, 12),
    commitTime: new Date("2026-03-04T05:06:07Z"),
    dirty: false,
    url: `git+file://${git("rev-parse", "--show-toplevel")}?rev=${head}`,
  });
});

test("readSourceRevision names each changed tree differently, and leaves the repository as it was", async () => {
  using folder = tempFolder("revision");
  const git = repository(folder.path);
  const objects = () => readdirSync(join(folder.path, ".git/objects"), { recursive: true }).length;
  const before = objects();
  const seen = new Set<string>();
  const revise = async (): Promise<void> => {
    const { dirty, revision } = await readSourceRevision(join(folder.path, "distro/release.nix"));
    assert.equal(dirty, true);
    seen.add(revision);
  };
  writeFileSync(join(folder.path, "distro/release.nix"), "{ a = 1; }");
  await revise();
  await revise();
  assert.equal(seen.size, 1);
  writeFileSync(join(folder.path, "new"), "");
  await revise();
  rmSync(join(folder.path, "distro/release.nix"));
  await revise();
  assert.equal(seen.size, 3);
  assert.equal(objects(), before);
  assert.equal(git("diff", "--cached", "--name-only"), "");
});

test("readSourceRevision tells where the source is to be had, without passwords", async () => {
  using folder = tempFolder("revision");
  const git = repository(folder.path);
  const head = git("rev-parse", "HEAD");
  git("remote", "add", "origin", "https://user:secret@example.org/firn.git");
  const { url } = await readSourceRevision(join(folder.path, "distro/release.nix"));
  assert.equal(url, `git+https://example.org/firn.git?rev=${head}`);
});

test("readSourceRevision outside of git is the hash of the folder and its newest time", async () => {
  using folder = tempFolder("revision");
  const file = join(folder.path, "release.nix");
  writeFileSync(file, "{ }");
  utimesSync(file, 1000, 1000);
  const first = await readSourceRevision(file);
  assert.match(first.revision, /^[0-9a-f]{40}$/);
  assert.deepEqual([first.commitTime, first.folder, first.dirty], [new Date(1_000_000), folder.path, false]);
  writeFileSync(join(folder.path, "other"), "");
  assert.notEqual((await readSourceRevision(file)).revision, first.revision);
});

test("sourceArguments quotes for Nix what stands in a path", async () => {
  const source = {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is Nix that must not see a placeholder here
    folder: '/a "b" ${c}\\',
    revision: "r",
    shortRevision: "s",
    commitTime: new Date("2026-03-04T05:06:07Z"),
    dirty: false,
    url: "",
  };
  const [firnSrc] = sourceArguments(source, "c");
  assert.equal(
    firnSrc?.value,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is Nix that must not see a placeholder here
    '{ outPath = /. + "/a \\"b\\" \\${c}\\\\"; revision = "r"; shortRev = "s"; lastModifiedDate = "20260304050607"; }',
  );
  const back = execFileSync("nix-instantiate", ["--eval", "--json", "-E", `toString (${firnSrc?.value}).outPath`], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  assert.equal(JSON.parse(back), source.folder);
});
