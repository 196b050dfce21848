/** Our commands as clients: of real Nix's daemon, and of ours. */
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { deleteTree } from "../../local/delete-tree.ts";
import { REAL_NIX_MISSING } from "../../local/tests/support/temporary-store.ts";
import { BuildWorkshop } from "../../tests/build-workshop.ts";
import { startDaemon } from "./support/daemon-process.ts";
import { untilListening } from "./support/until-listening.ts";

const BIN = fileURLToPath(new URL("../../../bin/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "firn-clients-"));
const workshop = new BuildWorkshop();
const settings = "build-users-group =\nsubstituters =\nexperimental-features = nix-command";
const env = {
  ...process.env,
  HOME: folder,
  NIX_CONF_DIR: folder,
  NIX_CONFIG: settings,
  FIRN_ROOT: join(folder, "own"),
};

after(() => {
  workshop[Symbol.dispose]();
  deleteTree(folder);
});

interface Served extends AsyncDisposable {
  readonly url: string;
}

async function realDaemon(): Promise<Served> {
  const root = join(folder, "nix");
  const socketPath = join(folder, "nix-socket");
  mkdirSync(root);
  const child = spawn("nix-daemon", [], {
    env: { ...env, NIX_REMOTE: `local?root=${root}`, NIX_DAEMON_SOCKET_PATH: socketPath },
    stdio: "ignore",
  });
  await untilListening(socketPath);
  return {
    url: `unix://${socketPath}?root=${root}`,
    async [Symbol.asyncDispose]() {
      child.kill();
      await once(child, "exit");
    },
  };
}

function ours(url: string, command: string, ...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(BIN, command), ...args], {
    env: { ...env, NIX_REMOTE: url },
    encoding: "utf8",
  });
  return { status, out: stdout.trim(), err: stderr };
}

function works(url: string, command: string, ...args: string[]): string {
  const { status, out, err } = ours(url, command, ...args);
  assert.equal(status, 0, `${command} ${args.join(" ")}: ${err}`);
  return out;
}

function checkCommands(url: string, name: string): void {
  const libraries = join(workshop.store.physicalPath(workshop.toolPaths[1] ?? ""));
  const programs = join(workshop.store.physicalPath(workshop.toolPaths[0] ?? ""));
  // sources of the expression, so that they travel with the derivation
  const tree = join(folder, name);
  mkdirSync(tree);
  execFileSync("cp", ["-r", libraries, join(tree, "test-libraries")]);
  execFileSync("cp", ["-r", programs, join(tree, "test-tools")]);
  const expression = join(tree, "default.nix");
  const builder = (drvName: string, script: string) =>
    `derivation { name = "${drvName}"; system = "x86_64-linux"; builder = tools + "/bin/sh"; inherit libraries;
       PATH = tools + "/bin"; args = [ "-euc" ''${script}'' ]; }`;
  writeFileSync(
    expression,
    `let p = n: builtins.path { name = n; path = ./. + "/\${n}"; }; tools = p "test-tools"; libraries = p "test-libraries";
     in rec { made = ${builder("made-for-client", "echo said by the builder; echo made > $out")};
       bad = ${builder("bad-for-client", "echo it went wrong; exit 1")};
       text = ${builder("text-for-client", 'echo "\\"imported\\"" > $out')};
       imported = ${builder("with-import", "echo $" + "{import text} > $out")}; }`,
  );
  const drvPath = works(url, "compat/nix-instantiate", expression, "-A", "made");
  const link = join(tree, "result");
  const path = works(url, "compat/nix-build", expression, "-A", "made", "-o", link);
  assert.equal(readlinkSync(link), path);
  assert.equal(works(url, "compat/nix-store", "-r", drvPath), path);
  assert.equal(works(url, "compat/nix-store", "-q", "--outputs", drvPath), path);
  assert.equal(works(url, "compat/nix-store", "-q", "--deriver", link), drvPath);
  assert.match(works(url, "compat/nix-store", "-q", "--requisites", drvPath), /test-tools/);
  for (const refused of [
    ["-q", "--graph"],
    ["-q", "--binding", "name"],
    ["--delete", "--ignore-liveness"],
    ["-r", "--check"],
  ]) {
    const answer = ours(url, "compat/nix-store", ...refused, drvPath);
    assert.deepEqual([answer.status, answer.out], [2, ""], answer.err);
    assert.match(answer.err, /not there for a store behind a daemon/);
  }
  assert.match(works(url, "compat/nix-store", "--read-log", path), /said by the builder/);
  assert.match(works(url, "compat/nix-store", "--gc", "--print-roots"), /result -> .*made-for-client/);
  assert.equal(works(url, "firn", "build", "-f", expression, "imported", "--no-link").includes("-with-import"), true);
  const bad = ours(url, "compat/nix-build", expression, "-A", "bad", "--no-out-link");
  assert.equal(bad.status, 100, bad.err);
  assert.match(bad.err, /it went wrong/);
  writeFileSync(join(tree, "added"), "added");
  const added = works(url, "compat/nix-store", "--add", join(tree, "added"));
  assert.match(added, /-added$/);
  works(url, "compat/nix-store", "--delete", added);
  assert.notEqual(ours(url, "compat/nix-store", "--delete", path).status, 0);
  works(url, "compat/nix-store", "--verify", "--check-contents");
}

test("our commands through real Nix's daemon", { skip: REAL_NIX_MISSING }, async () => {
  await using daemon = await realDaemon();
  checkCommands(daemon.url, "through-nix");
});

test("our commands through our daemon", async () => {
  const root = join(folder, "firn");
  mkdirSync(root);
  await using daemon = await startDaemon({ root });
  checkCommands(daemon.url, "through-firn");
});

test("a daemon that is not there is told, with what to do", () => {
  const { status, err } = ours(`unix://${folder}/nowhere`, "compat/nix-store", "--verify");
  assert.equal(status, 1);
  assert.match(err, /Cannot connect to a daemon/);
  assert.match(err, /hint:/);
});
