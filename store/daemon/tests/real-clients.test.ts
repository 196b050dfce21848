/** Real Nix's commands as clients of our daemon. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { deleteTree } from "../../local/delete-tree.ts";
import { REAL_NIX_MISSING } from "../../local/tests/support/temporary-store.ts";
import { BuildWorkshop } from "../../tests/build-workshop.ts";
import { ask, client, clientWith, type DaemonProcess, startDaemon } from "./support/daemon-process.ts";

const options = { skip: REAL_NIX_MISSING };
const workshop = new BuildWorkshop();
const scratch = mkdtempSync(join(tmpdir(), "firn-daemon-test-"));
let daemon: DaemonProcess;

before(async () => {
  daemon = await startDaemon({ root: workshop.root });
});
after(async () => {
  await daemon[Symbol.asyncDispose]();
  workshop[Symbol.dispose]();
  deleteTree(scratch);
});

/** An expression that builds with the workshop's tools. */
function expression(name: string, script: string, extra = ""): string {
  const [tools = "", libraries = ""] = workshop.toolPaths;
  return `derivation { name = "${name}"; system = "x86_64-linux"; builder = "\${builtins.storePath "${tools}"}/bin/sh";
    args = [ "-euc" ''${script}'' ]; PATH = "${tools}/bin"; libraries = builtins.storePath "${libraries}"; ${extra} }`;
}

test("nix store ping, nix doctor's question: the daemon answers with version and trust", options, () => {
  assert.match(client(daemon.url, "nix", "store", "ping").stderr, /Version: firn/);
});

test("nix-build builds through the daemon, with the log as it comes", options, () => {
  const { status, stdout, stderr } = client(
    daemon.url,
    "nix-build",
    "--no-out-link",
    "-E",
    expression("greeting", "echo hello from the builder; echo hi > $out"),
  );
  assert.equal(status, 0, stderr);
  assert.match(stderr, /building '.*-greeting\.drv'/);
  assert.match(stderr, /hello from the builder/);
  assert.equal(readFileSync(workshop.store.physicalPath(stdout.trim()), "utf8"), "hi\n");
});

test("nix-build: what fails says so, with the end of its log, and ends with an error", options, () => {
  const { status, stderr } = client(
    daemon.url,
    "nix-build",
    "--no-out-link",
    "-E",
    expression("unhappy", "echo it is no use; exit 3"),
  );
  assert.notEqual(status, 0);
  assert.match(stderr, /it is no use/);
  assert.match(stderr, /unhappy.* failed|Builder of 'unhappy'/);
  // and the connection's daemon still serves
  assert.match(client(daemon.url, "nix", "store", "ping").stderr, /Version/);
});

test("nix-build --dry-run names what it would build; nix build builds several outputs and tells paths", options, () => {
  const text = expression("pair", "echo a > $out; echo b > $dev", 'outputs = [ "out" "dev" ];');
  const dry = client(daemon.url, "nix-build", "--dry-run", "-E", text);
  assert.match(dry.stderr, /this derivation will be built/);
  const json = ask(daemon.url, "nix", "build", "--no-link", "--json", "--impure", "--expr", text);
  const [built] = JSON.parse(json) as { outputs: Record<string, string> }[];
  assert.ok(Object.values(built?.outputs ?? {}).every((path) => workshop.store.isValidPath(path)));
  const all = ask(daemon.url, "nix-build", "--no-out-link", "-A", "all", "-E", `let d = ${text}; in { all = d; }`);
  assert.ok(workshop.store.isValidPath(all.split("\n")[0] ?? ""));
});

test("nix-instantiate and nix-store -r, -q", options, () => {
  const drvPath = ask(daemon.url, "nix-instantiate", "-E", expression("asked", "echo $libraries > $out"));
  const path = ask(daemon.url, "nix-store", "-r", drvPath);
  const query = (...args: string[]): string[] => ask(daemon.url, "nix-store", "-q", ...args).split("\n");
  assert.deepEqual(query("--outputs", drvPath), [path]);
  assert.deepEqual(query("--deriver", path), [drvPath]);
  assert.deepEqual(query("--references", path), [workshop.toolPaths[1]]);
  assert.ok(query("--requisites", path).includes(path));
  assert.ok(query("--referrers", workshop.toolPaths[1] ?? "").includes(path));
  assert.equal(query("--hash", path)[0]?.startsWith("sha256:"), true);
  assert.match(query("--tree", path).join("\n"), /asked/);
  assert.match(query("--graph", path).join("\n"), /digraph/);
});

test("nix-store --add, --add-fixed, --dump, --delete", options, () => {
  const file = join(scratch, "file.txt");
  writeFileSync(file, "some text\n");
  const folder = join(scratch, "folder");
  mkdirSync(join(folder, "inner"), { recursive: true });
  symlinkSync("inner", join(folder, "link"));
  writeFileSync(join(folder, "inner", "large"), Buffer.alloc(3_000_000, "x"));
  const added = ask(daemon.url, "nix-store", "--add", folder);
  const reference = ask(join(scratch, "reference"), "nix-store", "--add", folder);
  assert.equal(added, reference);
  assert.equal(
    ask(daemon.url, "nix-store", "--add-fixed", "sha1", file),
    ask(join(scratch, "reference"), "nix-store", "--add-fixed", "sha1", file),
  );
  const dump = client(daemon.url, "nix-store", "--dump", workshop.store.physicalPath(added));
  assert.equal(dump.stdout, client(join(scratch, "reference"), "nix-store", "--dump", folder).stdout);
  assert.match(ask(daemon.url, "nix-store", "--delete", added), /1 store paths deleted/);
  assert.equal(workshop.store.isValidPath(added), false);
});

test("nix-store --verify --check-contents, --gc with roots", options, () => {
  assert.equal(client(daemon.url, "nix-store", "--verify", "--check-contents").status, 0);
  const link = join(scratch, "result");
  const kept = ask(daemon.url, "nix-build", "--out-link", link, "-E", expression("kept", "echo kept > $out"));
  const lost = ask(daemon.url, "nix-build", "--no-out-link", "-E", expression("lost", "echo lost > $out"));
  assert.match(ask(daemon.url, "nix-store", "--gc", "--print-roots"), /result -> .*-kept/);
  assert.ok(ask(daemon.url, "nix-store", "--gc", "--print-live").includes(kept));
  assert.ok(ask(daemon.url, "nix-store", "--gc", "--print-dead").includes(lost));
  assert.match(client(daemon.url, "nix-store", "--delete", kept).stderr, /still alive/);
  assert.match(ask(daemon.url, "nix-store", "--gc"), /store paths deleted/);
  assert.equal(workshop.store.isValidPath(kept), true);
  assert.equal(workshop.store.isValidPath(lost), false);
  assert.equal(client(daemon.url, "nix-store", "--verify", "--check-contents").status, 0);
});

test("nix copy and --export/--import, from the daemon and to it", options, () => {
  const path = ask(
    daemon.url,
    "nix-build",
    "--no-out-link",
    "-E",
    expression("copied", "mkdir $out; echo $libraries > $out/ref"),
  );
  const other = join(scratch, "other");
  const copied = client("auto", "nix", "copy", "--from", daemon.url, "--to", other, "--no-check-sigs", path);
  assert.equal(copied.status, 0, copied.stderr);
  assert.equal(ask(other, "nix-store", "-q", "--hash", path), ask(daemon.url, "nix-store", "-q", "--hash", path));
  const exported = clientWith({ url: daemon.url }, "nix-store", "--export", path);
  assert.equal(exported.status, 0, exported.stderr);
  client(daemon.url, "nix-store", "--delete", path);
  const imported = clientWith(
    { url: daemon.url, input: Buffer.from(exported.stdout, "latin1") },
    "nix-store",
    "--import",
  );
  assert.equal(imported.stdout.trim(), path, imported.stderr);
  client(daemon.url, "nix-store", "--delete", path);
  const back = client("auto", "nix", "copy", "--from", other, "--to", daemon.url, "--no-check-sigs", path);
  assert.equal(back.status, 0, back.stderr);
  assert.equal(workshop.store.isValidPath(path), true);
});

test("nix path-info, nix log, nix-store --read-log, nix why-depends, nix store ls and cat", options, () => {
  const drvPath = ask(
    daemon.url,
    "nix-instantiate",
    "-E",
    expression("told", "echo a line of its log; echo $libraries > $out"),
  );
  const path = ask(daemon.url, "nix-store", "-r", drvPath);
  const [info] = JSON.parse(ask(daemon.url, "nix", "path-info", "--json", "-rS", path)) as { path: string }[];
  assert.ok(info !== undefined);
  assert.match(ask(daemon.url, "nix", "log", drvPath), /a line of its log/);
  assert.match(ask(daemon.url, "nix-store", "--read-log", path), /a line of its log/);
  assert.match(ask(daemon.url, "nix", "why-depends", path, workshop.toolPaths[1] ?? ""), /test-libraries/);
  assert.match(ask(daemon.url, "nix", "store", "cat", path), /test-libraries/);
  assert.match(ask(daemon.url, "nix", "store", "ls", workshop.toolPaths[0] ?? ""), /bin/);
});

test("nix-store --query of what is not there, and paths that are none: an error, and the daemon lives", options, () => {
  const missing = `/nix/store/${"0".repeat(32)}-missing`;
  assert.match(client(daemon.url, "nix-store", "-q", "--references", missing).stderr, /is not valid/);
  assert.match(client(daemon.url, "nix-store", "-r", missing).stderr, /missing/);
  assert.match(client(daemon.url, "nix-store", "-r", `${missing}.drv`).stderr, /missing/);
  assert.equal(client(daemon.url, "nix-store", "--verify").status, 0);
});

test("a client that is killed leaves nothing: its build ends, its temporary roots go", options, async () => {
  const marker = "sleep 300; echo done > $out";
  const child = spawn(
    "nix-build",
    ["--store", daemon.url, "--no-out-link", "-E", expression("endless", `echo begun; ${marker}`)],
    {
      env: { PATH: process.env["PATH"], HOME: "/nonexistent", NIX_CONF_DIR: "/nonexistent" },
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  for await (const chunk of child.stderr) if (String(chunk).includes("begun")) break;
  child.kill("SIGKILL");
  const builds = join(workshop.root, "firn", "build");
  const deadline = Date.now() + 10_000;
  const isOver = (): boolean => {
    const dead = ask(daemon.url, "nix-store", "--gc", "--print-dead");
    return dead.includes("-endless.drv");
  };
  while (!isOver() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(isOver());
  assert.ok(existsSync(builds));
  assert.match(ask(daemon.url, "nix-store", "--gc"), /deleted/);
});

test("two clients that ask for the same share its build, also when the first is killed", options, async () => {
  const text = expression("shared", "echo begun; sleep 1; echo half way; sleep 1; echo shared > $out");
  const start = () => {
    const child = spawn("nix-build", ["--store", daemon.url, "--no-out-link", "-E", text], {
      env: { PATH: process.env["PATH"], HOME: "/nonexistent", NIX_CONF_DIR: "/nonexistent" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += String(chunk);
    });
    const says = async (words: string): Promise<void> => {
      while (!said.includes(words)) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    return { child, says, said: () => said };
  };
  const first = start();
  await first.says("begun");
  const second = start();
  await second.says("half way");
  first.child.kill("SIGKILL");
  const [code] = (await once(second.child, "close")) as [number];
  assert.equal(code, 0, second.said());
  // it joined after the start, and there was no other
  assert.doesNotMatch(second.said(), /begun/);
});
