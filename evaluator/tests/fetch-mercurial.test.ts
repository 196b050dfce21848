/** `fetchMercurial` and `fetchTree { type = "hg"; }`, with a repository made by `hg`, compared with real Nix. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { evaluate } from "../api.ts";
import { realNixVersion } from "../lang-tests/real-nix.ts";

const folder = mkdtempSync(join(tmpdir(), "firn-mercurial-"));
const hasMercurial = spawnSync("hg", ["--version"]).status === 0;
const skip = hasMercurial ? false : "Mercurial (hg) is not installed";
const environment: NodeJS.ProcessEnv = { ...process.env, HOME: folder, HGPLAIN: "1", HGUSER: "me" };
const repository = join(folder, "repo");
const changed = join(folder, "changed");

function run(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, env: environment, encoding: "utf8" });
  assert.equal(status, 0, `${program} ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

const hg = (place: string, ...args: readonly string[]): string => run("hg", "-R", place, "--cwd", place, ...args);

before(() => {
  if (!hasMercurial) return;
  run("hg", "init", repository);
  mkdirSync(join(repository, "d"));
  writeFileSync(join(repository, "a"), "one\n");
  writeFileSync(join(repository, "d/run"), "#!/bin/sh\n", { mode: 0o755 });
  symlinkSync("a", join(repository, "link"));
  hg(repository, "commit", "--addremove", "-m", "first", "-d", "0 0");
  hg(repository, "branch", "other");
  writeFileSync(join(repository, "a"), "two\n");
  hg(repository, "commit", "-m", "second", "-d", "1 0");
  hg(repository, "tag", "-d", "2 0", "v1");
  hg(repository, "update", "default");
  run("cp", "-r", repository, changed);
  writeFileSync(join(changed, "a"), "changed\n");
  writeFileSync(join(changed, "added"), "");
  writeFileSync(join(changed, "unknown"), "");
  hg(changed, "add", "added");
  hg(changed, "remove", "d/run");
});

after(() => rmSync(folder, { recursive: true, force: true }));

const experimentalFeatures = ["flakes", "fetch-tree"];

async function ours(text: string, tarballTtlS = 3600): Promise<string> {
  const answer = await evaluate({
    source: { type: "text", text },
    root: join(folder, "firn-store"),
    output: { type: "value", format: "nix", strict: true },
    environment,
    experimentalFeatures,
    tarballTtlS,
  });
  return answer.type === "value" ? answer.text : "";
}

/** What real Nix gives, else what it was seen to give. */
function theirs(text: string): string {
  const settings = ["--option", "experimental-features", "flakes", "--option", "build-users-group", ""];
  return run("nix-instantiate", "--store", join(folder, "nix-store"), "--eval", "--strict", ...settings, "-E", text);
}

test("fetchMercurial: revisions, branches, tags and changed work trees are what real Nix gives", {
  skip: skip !== false || realNixVersion() !== null ? skip : "Nix is not installed",
}, async () => {
  const url = `"file://${repository}"`;
  const rev = hg(repository, "log", "-r", "v1", "--template", "{node}");
  const whole = `[ ${[
    `fetchMercurial ${repository}`,
    `fetchMercurial ${url}`,
    `fetchMercurial { url = ${url}; rev = "other"; }`,
    `fetchMercurial { url = ${url}; rev = "${rev}"; name = "named"; }`,
    `fetchMercurial ${changed}`,
    `builtins.readDir (fetchMercurial ${changed})`,
    `fetchTree { type = "hg"; url = ${url}; ref = "other"; }`,
  ]
    .map((text) => `(${text.replace(/\bfetch(?=M|T)/g, "builtins.fetch")})`)
    .join(" ")} ]`;
  assert.equal(await ours(whole), theirs(whole));
});

test("fetchMercurial: a tag gives the branch that it is on", { skip }, async () => {
  const tagged = `let s = fetchMercurial { url = "file://${repository}"; rev = "v1"; }; in [ s.branch s.revCount ]`;
  assert.equal(await ours(tagged), '[ "other" 1 ]');
});

test("fetchMercurial: new commits are seen, an unknown revision is an error that names it", { skip }, async () => {
  const moving = join(folder, "moving");
  run("hg", "clone", repository, moving);
  const read = `builtins.readFile (fetchMercurial "file://${moving}" + "/a")`;
  assert.equal(await ours(read), '"one\\n"');
  writeFileSync(join(moving, "a"), "three\n");
  hg(moving, "commit", "-m", "third");
  assert.equal(await ours(read, 0), '"three\\n"');
  await assert.rejects(
    ours(`fetchMercurial { url = "file://${moving}"; rev = "nowhere"; }`),
    /unknown revision 'nowhere'/,
  );
});

test("fetchMercurial: without hg, that is the error", { skip: hasMercurial ? "hg is installed" : false }, async () => {
  await assert.rejects(ours("fetchMercurial /nowhere"), /the program 'hg' is not installed/);
});
