/** A machine's life and methods on a real QEMU. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { openTiny } from "./open-tiny.ts";
import { skipTinyGuest } from "./tiny-guest.ts";

const skip = skipTinyGuest();

test("a machine: commands, files, screen, ports, reboot, power", { skip }, async (t) => {
  await using tiny = await openTiny({ one: { diskSizeMib: 64 } });
  const one = tiny.machine("one");
  await one.connect();

  await t.test("execute, succeed and fail", async () => {
    const result = await one.execute("echo out; echo err >&2; exit 5");
    assert.deepEqual([result.status, result.output, result.stderr], [5, "out\n", "err\n"]);
    assert.equal(await one.succeed("echo a", "echo b"), "a\nb\n");
    assert.equal(await one.fail("echo no; false"), "no\n");
    await assert.rejects(one.succeed("echo why >&2; exit 2"), { code: "DRIVER_COMMAND_FAILED", details: /why/ });
    await assert.rejects(one.fail("true"), { code: "DRIVER_COMMAND_SUCCEEDED" });
  });

  await t.test("a background child does not hold up a command", async () => {
    const start = performance.now();
    assert.equal(await one.succeed("sleep 600 & echo started"), "started\n");
    assert.ok(performance.now() - start < 60_000);
  });

  await t.test("waits say what they waited for", async () => {
    await one.waitForFile("/init", { timeoutMs: 60_000 });
    await one.waitForConsoleText(/tiny guest: (init)/);
    await one.waitUntilSucceeds("[ -e /tmp/once ] || { touch /tmp/once; false; }");
    await assert.rejects(one.waitUntilSucceeds("echo still bad >&2; false", { timeoutMs: 1_500 }), {
      code: "DRIVER_TIMEOUT",
      message: "Wait for 'echo still bad >&2; false' to succeed on 'one': not within 1.5 s",
      details: /still bad/,
    });
    await assert.rejects(one.waitForConsoleText("never said", { timeoutMs: 300 }), {
      code: "DRIVER_TIMEOUT",
      details: /tiny guest: init/,
    });
    await assert.rejects(one.waitForFile("/none", { signal: AbortSignal.timeout(500) }), { name: "TimeoutError" });
  });

  await t.test("a command that takes too long is ended, with what it had said", async () => {
    await assert.rejects(one.execute("echo partly; sleep 600", { timeoutMs: 1_000 }), {
      code: "DRIVER_TIMEOUT",
      details: /partly/,
    });
    assert.equal(await one.succeed("echo goes on"), "goes on\n");
  });

  await t.test("files and folders travel in and out", async () => {
    const source = join(tiny.root, "source");
    mkdirSync(join(source, "inner"), { recursive: true });
    const content = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
    writeFileSync(join(source, "inner", "it's data"), content, { mode: 0o640 });
    symlinkSync("inner/it's data", join(source, "link"));
    await one.copyFromHost(source, "/tmp/in");
    assert.equal(
      await one.succeed("stat -c %a '/tmp/in/inner/it'\\''s data'; readlink /tmp/in/link"),
      "640\ninner/it's data\n",
    );
    const back = await one.copyFromMachine("/tmp/in", "copied");
    assert.deepEqual(readFileSync(join(back, "inner", "it's data")), content);
    const file = await one.copyFromMachine("/tmp/in/inner/it's data");
    assert.deepEqual(readFileSync(file), content);
    await assert.rejects(one.copyFromMachine("/none"), { code: "DRIVER_COPY" });
  });

  await t.test("the screen is a PNG", async () => {
    const path = await one.screenshot("a screen");
    assert.equal(readFileSync(path).subarray(1, 4).toString(), "PNG");
    assert.ok(statSync(path).size > 500);
  });

  await t.test("a port of the host leads into the machine", async () => {
    await one.succeed("ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0");
    await one.execute("(while :; do echo from inside | nc -l -p 7000; done) >/dev/null 2>&1 &");
    const port = await one.forwardPort(0, 7000);
    await one.waitForOpenPort(7000, { address: "127.0.0.1", timeoutMs: 60_000 });
    let text = "";
    // The listener in the guest serves one connection and needs a moment until it listens again.
    for (let tries = 0; tries < 100 && text === ""; tries += 1) text = await readAll(port);
    assert.equal(text, "from inside\n");
    await assert.rejects(one.forwardPort(port, 7000), { code: "DRIVER_PORT" });
  });

  await t.test("QEMU can be asked directly", async () => {
    assert.match(await one.sendMonitorCommand("info version"), /^\d+\.\d+/);
    assert.deepEqual((await one.qmp.send("query-status")) !== undefined, true);
    await assert.rejects(one.qmp.send("no-such-command"), { code: "DRIVER_QMP" });
  });

  await t.test("the disk survives a reboot, a shutdown and a crash", async () => {
    await one.succeed("echo kept >/mnt/file; sync");
    await one.reboot();
    assert.equal(await one.succeed("cat /mnt/file"), "kept\n");
    await one.shutdown();
    assert.equal(one.isUp(), false);
    await one.start();
    assert.equal(await one.succeed("cat /mnt/file"), "kept\n");
    await one.crash();
    assert.equal(one.isUp(), false);
    assert.equal(await one.succeed("cat /mnt/file"), "kept\n");
  });

  await t.test("a guest that powers itself off is no trouble", async () => {
    one.sendConsole("");
    await one.execute("(sleep 0.5; poweroff) >/dev/null 2>&1 &");
    await one.waitForShutdown({ timeoutMs: 60_000 });
    assert.equal(tiny.cluster.trouble.aborted, false);
  });
});

/** What a server says until it closes; nothing when nobody listens. */
function readAll(port: number): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = createConnection(port, "127.0.0.1").setEncoding("utf8");
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (text.endsWith("\n")) socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => setTimeout(resolve, text === "" ? 50 : 0, text));
  });
}

test("two machines reach each other, and not when their cable is pulled", { skip }, async () => {
  await using tiny = await openTiny({ left: {}, right: {} });
  const left = tiny.machine("left");
  await tiny.cluster.start();
  await left.waitUntilSucceeds("ping -c 1 -W 5 192.168.1.2", { timeoutMs: 60_000 });
  await left.block();
  await left.fail("ping -c 1 -W 2 192.168.1.2");
  await left.unblock();
  await left.waitUntilSucceeds("ping -c 1 -W 5 192.168.1.2", { timeoutMs: 60_000 });
  const { frames, dropped } = tiny.cluster.network.switches.get(1)?.statistics ?? { frames: 0, dropped: 0 };
  assert.ok(frames >= 4);
  assert.equal(dropped, 0);
});
