/** Clients that mean harm, at a real daemon: each hears what was wrong, and the others notice nothing. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { deleteTree } from "../../local/delete-tree.ts";
import { openStore } from "../../stores/open-store.ts";
import { greeting } from "../fuzz/conversations.ts";
import { OPERATION } from "../protocol.ts";
import { WireWriter } from "../wire.ts";
import { type DaemonProcess, startDaemon } from "./support/daemon-process.ts";

const folder = mkdtempSync(join(tmpdir(), "firn-hostile-"));
let daemon: DaemonProcess;

before(async () => {
  daemon = await startDaemon({ root: folder });
  // what is loaded at the first request is loaded
  await isServing();
});
after(async () => {
  await daemon[Symbol.asyncDispose]();
  deleteTree(folder);
});

async function isServing(): Promise<void> {
  const store = await openStore(daemon.url);
  await store.addText("probe", "probe", []);
  await store.close();
}

function memoryBytes(): number {
  const status = readFileSync(`/proc/${daemon.child.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

/** Sends, and resolves with all that came back when the daemon has closed. */
function send(...parts: readonly Uint8Array[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(daemon.socketPath);
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(received));
    setTimeout(() => reject(new Error("the daemon did not close the connection")), 20_000).unref();
    for (const part of parts) socket.write(part);
  });
}

/** The kernel's queue of a socket holds 512, and Node's connect does not wait for room in it. */
async function connected(): Promise<Socket> {
  for (;;) {
    const socket = connect(daemon.socketPath);
    const isConnected = await new Promise((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.on("error", () => resolve(false));
    });
    if (isConnected) return socket;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const request = (operation: number): WireWriter => new WireWriter().number(operation);

test("a greeting that is none: an error", async () => {
  assert.match(await send(Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")), /no client of a Nix daemon/);
  await isServing();
});

test("a client that is too old, or from another world: an error", async () => {
  assert.match(await send(greeting(21)), /needs 1\.32/);
  const foreign = new WireWriter()
    .number(0x6e697863)
    .number((2 << 8) | 1)
    .take();
  assert.match(await send(foreign), /another major version/);
});

test("an unknown operation, a string that is too long, padding that is not zero: an error", async () => {
  assert.match(await send(greeting(), request(999).take()), /there is no operation 999/);
  const long = request(OPERATION.isValidPath)
    .number(2n ** 40n)
    .take();
  assert.match(await send(greeting(), long), /a string of 1099511627776 bytes/);
  const huge = request(OPERATION.isValidPath)
    .number(2n ** 63n)
    .take();
  assert.match(await send(greeting(), huge), /out of range/);
  const dirty = request(OPERATION.isValidPath).number(1).raw(Buffer.from("xyyyyyyy")).take();
  assert.match(await send(greeting(), dirty), /padding/);
  await isServing();
});

test("endless lists and strings do not fill the daemon's memory", async () => {
  const before = memoryBytes();
  const path = new WireWriter().string(`/nix/store/${"0".repeat(32)}-x`).take();
  const many = Buffer.concat(Array.from({ length: 20_000 }, () => path));
  const start = request(OPERATION.queryValidPaths)
    .number(2n ** 50n)
    .take();
  assert.match(await send(greeting(), start, ...Array.from({ length: 80 }, () => many)), /more than 64 MiB/);
  const text = request(OPERATION.addTextToStore)
    .string("x")
    .number(2 ** 31)
    .take();
  assert.match(await send(greeting(), text), /more than 64 MiB/);
  await isServing();
  assert.ok(memoryBytes() - before < 400 * 1024 * 1024, `${memoryBytes() - before} bytes more`);
});

test("a client that does not read its answers holds up nobody", async () => {
  const socket = connect(daemon.socketPath);
  socket.on("error", () => {});
  socket.write(greeting());
  const all = Buffer.concat(Array.from({ length: 20_000 }, () => request(OPERATION.queryAllValidPaths).take()));
  socket.pause();
  socket.write(all);
  await isServing();
  socket.destroy();
});

test("1,000 idle connections cost little, and others are served at once", async () => {
  const before = memoryBytes();
  const idle: Socket[] = [];
  for (let count = 0; count < 1000; count++) {
    const socket = await connected();
    idle.push(socket);
  }
  const started = Date.now();
  await isServing();
  assert.ok(Date.now() - started < 5000);
  const bytesEach = (memoryBytes() - before) / idle.length;
  assert.ok(bytesEach < 100 * 1024, `${bytesEach} bytes for each`);
  for (const socket of idle) socket.destroy();
  await isServing();
});
