/** Ways a daemon is started: by systemd, at standard input and output, for a store at /nix/store. */
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { deleteTree } from "../../local/delete-tree.ts";
import { REAL_NIX_MISSING } from "../../local/tests/support/temporary-store.ts";
import { openStore } from "../../stores/open-store.ts";
import { greetDaemon } from "../client-connection.ts";
import { streamTransport } from "../transport.ts";
import { ask, canMount, startDaemon } from "./support/daemon-process.ts";

const FIRN = fileURLToPath(new URL("../../../bin/firn", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "firn-start-"));
after(() => deleteTree(folder));

function rootOf(name: string): string {
  const root = join(folder, name);
  mkdirSync(root);
  return root;
}

const hasActivate = spawnSync("systemd-socket-activate", ["--version"]).status === 0;

test("systemd hands over the socket", { skip: hasActivate ? false : "no systemd-socket-activate" }, async () => {
  const root = rootOf("activated");
  const socketPath = join(root, "socket");
  const daemon = [process.execPath, FIRN, "daemon", "--store", root];
  const child = spawn("systemd-socket-activate", ["-l", socketPath, ...daemon], { stdio: "ignore" });
  while (!existsSync(socketPath)) await new Promise((resolve) => setTimeout(resolve, 20));
  const store = await openStore(`unix://${socketPath}?root=${root}`);
  assert.match(await store.addText("activated", "text", []), /-activated$/);
  await store.close();
  child.kill("SIGTERM");
  await once(child, "exit");
});

test("nix-daemon --stdio serves its standard input", async () => {
  const root = rootOf("stdio");
  const child = spawn(process.execPath, [FIRN, "daemon", "--store", root, "--stdio"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const connection = await greetDaemon(streamTransport(child.stdout, child.stdin));
  assert.equal(connection.isTrusted, true);
  const paths = await connection.request({ operation: "queryAllValidPaths", read: (reader) => reader.strings() });
  assert.deepEqual(paths, []);
  child.stdin.end();
  const [code] = await once(child, "exit");
  assert.equal(code, 0);
});

test("a second daemon at the same socket is refused; one that was killed leaves no obstacle", async () => {
  const root = rootOf("twice");
  {
    await using daemon = await startDaemon({ root });
    const second = spawnSync(process.execPath, [FIRN, "daemon", "--store", root, "--socket", daemon.socketPath], {
      encoding: "utf8",
    });
    assert.equal(second.status, 1);
    assert.match(second.stderr, /Another daemon listens/);
    daemon.child.kill("SIGKILL");
    await once(daemon.child, "exit");
    assert.ok(existsSync(daemon.socketPath));
  }
  await using again = await startDaemon({ root });
  assert.match(ask(again.url, "nix-store", "--gc", "--print-roots"), /^/);
});

test("a store at /nix/store itself, in a mount namespace: NIX_REMOTE=daemon and nothing else", {
  skip: REAL_NIX_MISSING || (canMount() && existsSync("/nix") ? false : "no mount namespace, or no /nix to mount on"),
}, () => {
  const place = rootOf("namespace");
  mkdirSync(join(place, "nix"));
  const script = join(place, "script.sh");
  writeFileSync(
    script,
    `set -eu
mount --bind ${place}/nix /nix
export HOME=${place} NIX_CONF_DIR=${place} NIX_CONFIG='substituters =
experimental-features = nix-command' FIRN_ROOT=${place}/own
${process.execPath} ${FIRN} daemon --store / 2> ${place}/log &
daemon=$!
trap 'kill $daemon; wait $daemon || true' EXIT
for i in $(seq 200); do [ -S /nix/var/nix/daemon-socket/socket ] && break; sleep 0.05; done
export NIX_REMOTE=daemon
echo some text > ${place}/file
added=$(nix-store --add ${place}/file)
cat $added
expression='derivation { name = "fetched"; system = "builtin"; builder = "builtin:fetchurl"; url = "file://${place}/file";
  outputHashMode = "flat"; outputHashAlgo = "sha256"; outputHash = builtins.hashFile "sha256" ${place}/file; }'
built=$(nix-build --no-out-link -E "$expression")
cat $built
ours=$(${process.execPath} ${join(FIRN, "../compat/nix-build")} --no-out-link -E "$expression")
[ "$ours" = "$built" ]
nix path-info -S $built
nix-store --verify --check-contents
NIX_REMOTE=local nix-store --verify --check-contents
`,
  );
  const out = execFileSync("unshare", ["-m", "sh", script], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  assert.match(out, /^some text\nsome text\n/);
  rmSync(script);
});
