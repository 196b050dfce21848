/** What a builder must not be able to do. Each test shows that the same program can do it outside, so that it can fail. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { buildPaths } from "../build/build-paths.ts";
import { BuildWorkshop } from "./build-workshop.ts";

async function startServer(): Promise<Server> {
  const server = createServer((_request, response) => response.end("reached\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function portOf(server: Server): number {
  // as: a TCP server has an address of this form
  return (server.address() as AddressInfo).port;
}

/** For bash: connects and says so. */
const connect = (port: number) =>
  `if (exec 3<>/dev/tcp/127.0.0.1/${port}) 2>/dev/null; then echo open; else echo closed; fi`;

test("A builder reaches the host's network only for a fixed output", async () => {
  using shop = new BuildWorkshop();
  const server = await startServer();
  try {
    const script = `${connect(portOf(server))} > $out`;
    const bash = { builder: `${shop.tools.programs}/bin/bash`, sources: shop.toolPaths, args: ["-euc", script] };
    const sealed = shop.add({ name: "sealed", ...bash });
    const fixed = "sha256:0d2bf64ff0fca0ba4b4ba0f4f7a7e7b4b4a6d0ff5d1f3d6f2e1b4a0f6d1c2b3a";
    const open = shop.add({
      name: "open",
      fixed,
      ...bash,
      args: ["-euc", `${connect(portOf(server))} >&2; echo > $out`],
    });
    const { events } = await shop.build([sealed, open], { keepGoing: true });
    assert.equal(readFileSync(shop.store.physicalPath(shop.outputOf(sealed)), "utf8"), "closed\n");
    assert.ok(events.some((event) => event.type === "log" && event.drvPath === open && event.line === "open"));
  } finally {
    server.close();
  }
});

test("A builder has a loopback of its own", async () => {
  using shop = new BuildWorkshop();
  const script =
    "while read -r line; do case $line in *lo:*) echo $line;; *:*) exit 9;; esac; done < /proc/net/dev > $out";
  const drv = shop.add({ name: "loopback", script });
  assert.equal((await shop.build([drv])).success, true);
});

test("A builder sees nothing of the host's files", async () => {
  using shop = new BuildWorkshop();
  const folder = mkdtempSync(join(tmpdir(), "firn-host-"));
  writeFileSync(join(folder, "secret"), "secret");
  try {
    const paths = [
      homedir(),
      "/home",
      "/etc/shadow",
      "/usr",
      "/lib",
      "/bin",
      "/var",
      "/sys",
      "/run",
      folder,
      shop.root,
    ];
    const script = `for p in ${paths.join(" ")}; do if test -e $p; then echo $p; fi; done > $out; test ! -e /proc/1/root/etc/shadow`;
    const drv = shop.add({ name: "look", script });
    assert.equal((await shop.build([drv])).success, true);
    assert.equal(readFileSync(shop.store.physicalPath(shop.outputOf(drv)), "utf8"), "");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("A builder sees only the closure of its inputs in the store, and cannot change it", async () => {
  using shop = new BuildWorkshop();
  const other = shop.add({ name: "other", script: "echo > $out" });
  const lib = shop.add({ name: "lib", script: "mkdir $out; echo lib > $out/f" });
  const user = shop.add({ name: "user", inputs: [lib], script: `mkdir $out; echo ${shop.outputOf(lib)} > $out/f` });
  await shop.build([other, user]);
  const script = `
    ls /nix/store > $out
    for p in ${shop.outputOf(lib)} ${shop.outputOf(user)}; do
      chmod u+w $p && exit 1; chmod u+w $p/f && exit 2; (echo x > $p/f) && exit 3; rm -rf $p && exit 4; mv $p /tmp && exit 5
    done
    cat ${shop.outputOf(lib)}/f >> $out`;
  const drv = shop.add({ name: "look", inputs: [user], script });
  assert.equal((await shop.build([drv])).success, true);
  const lines = readFileSync(shop.store.physicalPath(shop.outputOf(drv)), "utf8")
    .trim()
    .split("\n");
  const names = lines
    .slice(0, -1)
    .map((line) => line.slice(33))
    .sort();
  assert.deepEqual(names, ["lib", "look", "test-libraries", "test-tools", "user"]);
  assert.equal(lines.at(-1), "lib");
  assert.deepEqual(shop.store.verify({ checkContents: true }), []);
});

test("A builder cannot see or signal processes of the host or of another build", async () => {
  using shop = new BuildWorkshop();
  const script = "set -- /proc/[0-9]*; echo $# > $out; kill -9 -1 || true; test $$ = 1";
  const [first, second] = [
    shop.add({ name: "first", script }),
    shop.add({ name: "second", script: `sleep 0.3; ${script}` }),
  ];
  assert.equal((await shop.build([first, second], { maxJobs: 2 })).success, true);
  assert.equal(readFileSync(shop.store.physicalPath(shop.outputOf(second)), "utf8"), "1\n");
});

test("What a builder leaves running is gone before its outputs are looked at", async () => {
  using shop = new BuildWorkshop();
  const marker = `61${process.pid}`;
  const script = `mkdir $out; (while :; do echo x >> $out/growing; done) > /dev/null 2>&1 & sleep ${marker} > /dev/null 2>&1 & sleep 0.1`;
  const drv = shop.add({ name: "daemon", script });
  assert.equal((await shop.build([drv])).success, true);
  assert.deepEqual(processesWith(`sleep\0${marker}`), []);
  assert.deepEqual(shop.store.verify({ checkContents: true }), []);
});

test("Ending a run kills all that its builders started", { timeout: 30_000 }, async () => {
  using shop = new BuildWorkshop();
  const marker = `62${process.pid}`;
  const drv = shop.add({ name: "many", script: `for i in 1 2 3; do sleep ${marker} & done; echo started; wait` });
  const stop = new AbortController();
  const run = buildPaths(shop.store, [{ drvPath: drv }], { signal: stop.signal });
  for await (const event of run) {
    if (event.type !== "log") continue;
    while (processesWith(`sleep\0${marker}`).length < 3) await sleep(10);
    stop.abort();
  }
  await run.result;
  assert.deepEqual(processesWith(`sleep\0${marker}`), []);
});

test("A builder cannot make set-id files or extended attributes", async () => {
  using shop = new BuildWorkshop();
  const script =
    "cp $PATH/true $out; chmod u+w $out; for m in 4755 2755 6755 u+s g+s; do chmod $m $out && exit 1; done; chmod 755 $out";
  const drv = shop.add({ name: "setuid", script });
  assert.equal((await shop.build([drv])).success, true);
  assert.equal(statSync(shop.store.physicalPath(shop.outputOf(drv))).mode & 0o7777, 0o555);
});

test("While it runs, a build's folder is closed to other users", async () => {
  using shop = new BuildWorkshop();
  const drv = shop.add({ name: "slow", script: "echo started; sleep 20" });
  const run = buildPaths(shop.store, [{ drvPath: drv }]);
  for await (const event of run) {
    if (event.type !== "log") continue;
    assert.equal(statSync(join(shop.root, "firn/build")).mode & 0o777, 0o700);
    break;
  }
  await run.result;
});

function processesWith(commandLine: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(commandLine);
    } catch {
      return false;
    }
  });
}
