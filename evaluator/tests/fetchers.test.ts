/** Fetchers, compared with real Nix where it is installed: local files, archives, repositories, and a server on loopback. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type EvaluateOptions, evaluate } from "../api.ts";
import { realNixVersion } from "../lang-tests/real-nix.ts";

const folder = mkdtempSync(join(tmpdir(), "firn-fetchers-"));
const skip = realNixVersion() === null ? "Nix is not installed" : false;
let server: Server;
let http = "";
/** The status of each answer of the server. */
const answered: number[] = [];

const gitEnvironment: NodeJS.ProcessEnv = {
  ...process.env,
  HOME: folder,
  GIT_AUTHOR_DATE: "2020-01-01T00:00:00Z",
  GIT_COMMITTER_DATE: "2020-01-02T03:04:05Z",
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@b",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@b",
};

function run(program: string, ...args: readonly string[]): string {
  const result = spawnSync(program, args, { cwd: folder, env: gitEnvironment, encoding: "utf8" });
  assert.equal(result.status, 0, `${program} ${args.join(" ")}: ${result.stderr}`);
  return result.stdout.trim();
}

function write(file: string, text: string): void {
  mkdirSync(join(folder, file, ".."), { recursive: true });
  writeFileSync(join(folder, file), text);
}

function commit(repository: string, files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files)) write(`${repository}/${file}`, text);
  run("git", "-C", repository, "add", ".");
  run("git", "-C", repository, "commit", "-qm", "change");
}

function makeRepositories(): void {
  write(".gitconfig", '[protocol "file"]\n  allow = always\n');
  run("git", "init", "-q", "-b", "main", "repo");
  commit("repo", { a: "one", "d/b": "x" });
  commit("repo", { a: "two", ".gitattributes": "skip export-ignore\n", skip: "s" });
  run("git", "-C", "repo", "checkout", "-qb", "other");
  commit("repo", { a: "three" });
  run("git", "-C", "repo", "checkout", "-q", "main");
  run("git", "-C", "repo", "tag", "v1");
  run("git", "clone", "-q", "--bare", "repo", "bare.git");
  run("git", "-C", "bare.git", "update-server-info");
  run("git", "init", "-q", "-b", "main", "super");
  run("git", "-C", "super", "submodule", "add", "-q", join(folder, "repo"), "lib/repo");
  commit("super", { top: "t" });
  run("git", "clone", "-q", "repo", "dirty");
  write("dirty/a", "changed");
  write("dirty/unknown", "not added");
  write("dirty/added", "added");
  run("git", "-C", "dirty", "add", "added");
}

function makeArchives(): void {
  write("tree/a", "hi\n");
  write("tree/sub/run", "#!/bin/sh\n");
  run("chmod", "+x", "tree/sub/run");
  run("ln", "-s", "a", "tree/link");
  for (const [suffix, flag] of [
    ["gz", "-z"],
    ["xz", "-J"],
    ["bz2", "-j"],
  ] as const)
    run("tar", "-c", flag, "-f", `t.tar.${suffix}`, "tree");
  run("tar", "-cf", "two.tar", "tree", "repo");
}

before(async () => {
  makeRepositories();
  makeArchives();
  server = createServer((request, response) => {
    try {
      const body = readFileSync(join(folder, new URL(request.url ?? "/", "http://x").pathname));
      const etag = `"${createHash("md5").update(body).digest("hex")}"`;
      const status = request.headers["if-none-match"] === etag ? 304 : 200;
      answered.push(status);
      response.writeHead(status, { etag }).end(status === 200 ? body : undefined);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  http = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs beside the server of this process, so not synchronously. */
async function realNix(text: string): Promise<string> {
  const { spawn } = await import("node:child_process");
  const args = ["--store", join(folder, "nix-store"), "--eval", "--strict", "--option", "build-users-group", ""];
  const child = spawn("nix-instantiate", [...args, "-E", text], { env: gitEnvironment });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  const code = await new Promise((done) => child.on("close", done));
  assert.equal(code, 0, `${text}: ${errors}`);
  return output.trim();
}

async function ours(text: string, options: Partial<EvaluateOptions> = {}): Promise<string> {
  const answer = await evaluate({
    source: { type: "text", text },
    root: join(folder, "firn-store"),
    output: { type: "value", format: "nix", strict: true },
    environment: gitEnvironment,
    ...options,
  });
  return answer.type === "value" ? answer.text : "";
}

const url = (file: string): string => `file://${join(folder, file)}`;

function expressions(): string[] {
  const other = run("git", "-C", "repo", "rev-parse", "other");
  return [
    ...["gz", "xz", "bz2"].map((suffix) => `fetchTarball ${url(`t.tar.${suffix}`)}`),
    `fetchTarball { url = "${url("t.tar.gz")}"; name = "named"; }`,
    `builtins.readFile (fetchTarball ${url("t.tar.gz")} + "/sub/run")`,
    `builtins.fetchurl ${url("tree/a")}`,
    `builtins.fetchurl { url = "${url("tree/sub/run")}"; name = "script"; }`,
    `fetchTarball ${http}/t.tar.gz`,
    `builtins.fetchurl ${http}/tree/a`,
    `fetchGit ${join(folder, "repo")}`,
    `fetchGit { url = "${url("repo")}"; name = "named"; }`,
    `fetchGit { url = ${join(folder, "repo")}; ref = "other"; }`,
    `fetchGit { url = ${join(folder, "repo")}; ref = "refs/tags/v1"; }`,
    `fetchGit { url = ${join(folder, "repo")}; rev = "${other}"; ref = "other"; }`,
    `fetchGit { url = "${url("bare.git")}"; ref = "main"; }`,
    `fetchGit { url = "${url("bare.git")}"; rev = "${other}"; allRefs = true; }`,
    `fetchGit { url = "${url("bare.git")}"; ref = "main"; shallow = true; }`,
    `fetchGit { url = "${http}/bare.git"; ref = "main"; }`,
    `fetchGit ${join(folder, "super")}`,
    `fetchGit { url = ${join(folder, "super")}; submodules = true; }`,
    // What 2.8 does not tell of a work tree with changes is left out of the comparison.
    `removeAttrs (fetchGit ${join(folder, "dirty")}) [ "dirtyRev" "dirtyShortRev" ]`,
  ];
}

test("fetchurl, fetchTarball and fetchGit give what real Nix gives", { skip }, async () => {
  const list = `[ ${expressions()
    .map((text) => `(${text})`)
    .join(" ")} ]`;
  assert.equal(await ours(list), await realNix(list));
});

test("fetchurl: the right hash is enough, a wrong one is told with the right one", async () => {
  const sha256 = await ours(`builtins.hashFile "sha256" ${join(folder, "tree/a")}`);
  assert.match(await ours(`builtins.fetchurl { url = "${url("tree/a")}"; sha256 = ${sha256}; }`), /-a"$/);
  // Now it is in the store: nothing is fetched for it.
  assert.match(await ours(`builtins.fetchurl { url = "http://127.0.0.1:1/a"; sha256 = ${sha256}; }`), /-a"$/);
  const wrong = `builtins.fetchurl { url = "${url("tree/link")}"; sha256 = ""; }`;
  await assert.rejects(ours(wrong), /hash mismatch in file downloaded[\s\S]*got: +sha256-/);
});

test("fetchTarball: what is no archive of one folder is refused, and so is another tree", async () => {
  await assert.rejects(ours(`fetchTarball ${url("two.tar")}`), /unexpected number of top-level files/);
  await assert.rejects(ours(`fetchTarball ${url("tree/a")}`), /cannot unpack/);
  await assert.rejects(ours(`fetchTarball { url = "${url("t.tar.gz")}"; sha256 = ""; }`), /hash mismatch in tarball/);
  await assert.rejects(
    ours(`fetchTarball ${http}/absent.tar.gz`),
    /unable to download '.*': the server does not have it \(404\)/,
  );
});

test("fetchurl: without a hash, what was fetched is kept for its time", async () => {
  write("changing", "1");
  const read = `builtins.readFile (builtins.fetchurl ${url("changing")})`;
  assert.equal(await ours(read), '"1"');
  write("changing", "2");
  assert.equal(await ours(read), '"1"');
  assert.equal(await ours(read, { tarballTtlS: 0 }), '"2"');
});

test("fetchurl, fetchTarball: after its time, only what the server has another version of is downloaded again", async () => {
  run("mkdir", "-p", "served/tree");
  const change = (text: string): void => {
    write("served/tree/a", text);
    run("tar", "-C", "served", "-cf", "served.tar", "tree");
  };
  const read = `builtins.readFile (fetchTarball ${http}/served.tar + "/a") + builtins.readFile (builtins.fetchurl ${http}/served/tree/a)`;
  const statuses = async (expected: string, tarballTtlS: number): Promise<readonly number[]> => {
    answered.length = 0;
    assert.equal(await ours(read, { tarballTtlS }), JSON.stringify(expected));
    return [...answered];
  };
  change("1");
  assert.deepEqual(await statuses("11", 3600), [200, 200]);
  assert.deepEqual(await statuses("11", 3600), []);
  assert.deepEqual(await statuses("11", 0), [304, 304]);
  change("2");
  assert.deepEqual(await statuses("22", 0), [200, 200]);
});

test("fetchGit: a branch that moved is seen after its time, a commit never asked for again", async () => {
  run("git", "clone", "-q", "--bare", "repo", "moving.git");
  const head = `(fetchGit { url = "${url("moving.git")}"; ref = "main"; }).rev`;
  const first = await ours(head);
  run("git", "-C", "moving.git", "update-ref", "refs/heads/main", "other");
  assert.equal(await ours(head), first);
  const second = await ours(head, { tarballTtlS: 0 });
  assert.notEqual(second, first);
  rmSync(join(folder, "moving.git"), { recursive: true });
  const known = `(fetchGit { url = "${url("moving.git")}"; rev = ${second}; }).rev`;
  assert.equal(await ours(known, { tarballTtlS: 0 }), second);
});

test("fetchGit: what is not there is named", async () => {
  const place = join(folder, "repo");
  await assert.rejects(ours(`fetchGit { url = ${place}; ref = "nope"; }`), /has no branch or tag 'nope'/);
  await assert.rejects(ours(`fetchGit { url = ${place}; rev = "abc"; }`), /'abc' is not a Git commit hash/);
  await assert.rejects(ours(`fetchGit { url = ${place}; ref = "--upload-pack=x"; }`), /invalid Git branch\/tag name/);
  const absent = "0".repeat(39);
  await assert.rejects(ours(`fetchGit { url = ${place}; rev = "${absent}1"; }`), /Cannot find Git revision/);
  await assert.rejects(ours(`fetchGit ${join(folder, "tree")}`), /does not appear to be a git repository/);
});

const flakes = { experimentalFeatures: ["flakes"] };

test("fetchTree: each kind, and only with its feature", async () => {
  assert.equal(await ours("builtins ? fetchTree"), "false");
  const same = `let
    path = builtins.fetchTree { type = "path"; path = "${join(folder, "tree")}"; };
    archive = builtins.fetchTree { type = "tarball"; url = "${url("t.tar.gz")}"; };
    git = builtins.fetchTree "git+${url("repo")}?ref=other";
    file = builtins.fetchTree { type = "file"; url = "${url("tree/a")}"; };
  in [ (path.narHash == archive.narHash) (path.outPath == archive.outPath) (builtins.readFile (git + "/a")) (builtins.readFile file) ]`;
  assert.equal(await ours(same, flakes), '[ true true "three" "hi\\n" ]');
});

test("getFlake: inputs as the lock file has them", async () => {
  write("flakes/dep/flake.nix", "{ outputs = { self }: { x = 42; me = self.outPath; }; }");
  const inputs = `dep.url = "path:${join(folder, "flakes/dep")}"; again.follows = "dep"; src = { url = "git+${url("repo")}"; flake = false; };`;
  const outputs = `{ self, dep, again, src }: { y = dep.x + again.x; text = builtins.readFile (src + "/a"); names = builtins.attrNames self; }`;
  write("flakes/main/flake.nix", `{ inputs = { ${inputs} }; outputs = ${outputs}; }`);
  const ask = `let f = builtins.getFlake "path:${join(folder, "flakes/main")}"; in [ f.y f.text f._type f.inputs.dep.x ]`;
  assert.equal(await ours(ask, flakes), '[ 84 "two" "flake" 42 ]');
  if (skip !== false) return;
  const nix = ["--extra-experimental-features", "nix-command flakes", "--store", join(folder, "nix-store")];
  run("nix", ...nix, "--option", "build-users-group", "", "flake", "lock", `path:${join(folder, "flakes/main")}`);
  assert.equal(await ours(ask, flakes), '[ 84 "two" "flake" 42 ]');
  const locked = JSON.parse(readFileSync(join(folder, "flakes/main/flake.lock"), "utf8"));
  const asLocked = `(builtins.getFlake "path:${join(folder, "flakes/main")}").inputs.src`;
  assert.equal(await ours(`${asLocked}.narHash`, flakes), JSON.stringify(locked.nodes.src.locked.narHash));
  write("flakes/dep/flake.nix", "{ outputs = { self }: { x = 43; }; }");
  await assert.rejects(
    ours(`(builtins.getFlake "path:${join(folder, "flakes/main")}").inputs.dep.x`, {
      ...flakes,
      root: join(folder, "fresh"),
    }),
    /hash mismatch in path/,
  );
  await assert.rejects(
    ours(`builtins.getFlake "path:${join(folder, "flakes/dep")}"`, { ...flakes, pureEval: true }),
    /cannot call 'getFlake' on unlocked flake reference/,
  );
});

test("getFlake: inputs that no lock file has, those of inputs, and what outputs takes besides", async () => {
  const place = (name: string): string => `path:${join(folder, "flakes", name)}`;
  write("flakes/b/flake.nix", '{ outputs = { self }: { v = "b"; }; }');
  write("flakes/c/flake.nix", '{ outputs = { self }: { v = "c"; }; }');
  write(
    "flakes/a/flake.nix",
    `{ inputs.dep.url = "${place("b")}"; outputs = { self, dep }: { v = "a with " + dep.v; }; }`,
  );
  const inputs = `a = { url = "${place("a")}"; inputs.dep.follows = "c"; }; c.url = "${place("c")}"; again.follows = "a/dep"; other = { url = "${place("a")}"; inputs.dep.url = "${place("c")}"; };`;
  const outputs = "{ self, a, c, again, other, implicit ? 1 }: { v = [ a.v again.v other.v ]; inherit implicit; }";
  write("flakes/outer/flake.nix", `{ inputs = { ${inputs} }; outputs = ${outputs}; }`);
  const ask = (attribute: string): string => `(builtins.getFlake "${place("outer")}").${attribute}`;
  assert.equal(await ours(ask("v"), flakes), '[ "a with c" "c" "a with c" ]');
  await assert.rejects(ours(ask("implicit"), flakes), /cannot find flake 'flake:implicit' in the flake registries/);
});

test("findFile: an entry of the search path may be a flake", async () => {
  write("flakes/sought/flake.nix", "{ outputs = { self }: { }; }");
  write("flakes/sought/default.nix", '"found"');
  const searchPath = [`x=flake:path:${join(folder, "flakes/sought")}`, "nixpkgs=flake:nixpkgs"];
  assert.equal(await ours("import <x>", { ...flakes, searchPath }), '"found"');
  await assert.rejects(ours("<x>", { searchPath }), /'flakes'/);
  await assert.rejects(ours("<nixpkgs>", { ...flakes, searchPath }), /cannot find flake 'flake:nixpkgs'/);
});
