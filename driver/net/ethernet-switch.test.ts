import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { EthernetSwitch } from "./ethernet-switch.ts";
import { FrameReader } from "./frame-reader.ts";
import { PcapWriter } from "./pcap-writer.ts";

const broadcast = "ffffffffffff";
const macs = ["020000000001", "020000000002", "020000000003"] as const;

function frame(to: string, from: string, text: string): Buffer {
  return Buffer.concat([Buffer.from(to + from, "hex"), Buffer.from([0x08, 0x00]), Buffer.from(text)]);
}

function packed(data: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  return Buffer.concat([head, data]);
}

interface Nic {
  readonly socket: Socket;
  readonly seen: string[];
  send(data: Buffer): void;
}

interface Lan {
  readonly lan: EthernetSwitch;
  readonly nics: readonly [Nic, Nic, Nic];
  readonly folder: string;
}

async function withLan(body: (lan: Lan) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "firn-test-"));
  const lan = new EthernetSwitch(1, new PcapWriter(join(folder, "lan.pcap")));
  const nics: Nic[] = [];
  try {
    for (const name of ["a", "b", "c"]) {
      await lan.listen(name, join(folder, name));
      nics.push(await connect(join(folder, name)));
    }
    const [a, b, c] = nics;
    if (a === undefined || b === undefined || c === undefined) throw new Error("three NICs");
    await body({ lan, nics: [a, b, c], folder });
  } finally {
    for (const { socket } of nics) socket.destroy();
    await lan[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  }
}

async function connect(path: string): Promise<Nic> {
  const socket = createConnection(path);
  await once(socket, "connect");
  const seen: string[] = [];
  const reader = new FrameReader();
  socket.on("data", (chunk: Buffer) => {
    for (const data of reader.push(chunk)) seen.push(data.subarray(14).toString());
  });
  return { socket, seen, send: (data) => socket.write(packed(data)) };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

test("EthernetSwitch: floods what it does not know, and learns", async () => {
  await withLan(async ({ nics: [a, b, c] }) => {
    a.send(frame(macs[1], macs[0], "to nobody known"));
    await settle();
    assert.deepEqual([a.seen, b.seen, c.seen], [[], ["to nobody known"], ["to nobody known"]]);
    b.send(frame(macs[0], macs[1], "answer"));
    await settle();
    assert.deepEqual([a.seen, c.seen], [["answer"], ["to nobody known"]]);
    a.send(frame(macs[1], macs[0], "now known"));
    a.send(frame(broadcast, macs[0], "to all"));
    await settle();
    assert.deepEqual(b.seen.slice(1), ["now known", "to all"]);
    assert.deepEqual(c.seen.slice(1), ["to all"]);
  });
});

test("EthernetSwitch: tagged frames pass unchanged, also when they come in pieces", async () => {
  await withLan(async ({ nics: [a, b] }) => {
    const tagged = Buffer.concat([
      Buffer.from(broadcast + macs[0], "hex"),
      Buffer.from([0x81, 0, 0, 5, 8, 0]),
      Buffer.from("x"),
    ]);
    const bytes = packed(tagged);
    a.socket.write(bytes.subarray(0, 3));
    await settle();
    a.socket.write(bytes.subarray(3, 20));
    await settle();
    a.socket.write(bytes.subarray(20));
    await settle();
    assert.deepEqual(b.seen, ["\u0000\u0005\b\u0000x"]);
  });
});

test("EthernetSwitch: a gate decides about every frame", async () => {
  await withLan(async ({ lan, nics: [a, b, c] }) => {
    lan.setGate((data, from, to, deliver) => {
      if (from === "a" && to === "b") return;
      deliver(data);
    });
    a.send(frame(broadcast, macs[0], "one"));
    await settle();
    lan.setGate(undefined);
    a.send(frame(broadcast, macs[0], "two"));
    await settle();
    assert.deepEqual([b.seen, c.seen], [["two"], ["one", "two"]]);
  });
});

test("EthernetSwitch: a machine that does not read holds up nobody for long", async () => {
  await withLan(async ({ lan, nics: [a, b, c] }) => {
    b.send(frame(broadcast, macs[1], "hello"));
    await settle();
    b.socket.pause();
    const big = "x".repeat(1_400);
    for (let index = 0; index < 4_000; index += 1) a.send(frame(macs[1], macs[0], big));
    a.send(frame(broadcast, macs[0], "passed"));
    for (let tries = 0; tries < 100 && !c.seen.includes("passed"); tries += 1) await settle();
    assert.ok(c.seen.includes("passed"));
    assert.ok(lan.statistics.dropped > 0);
    b.socket.resume();
    await settle();
    await settle();
    a.send(frame(macs[1], macs[0], "reads again"));
    for (let tries = 0; tries < 100 && !b.seen.includes("reads again"); tries += 1) await settle();
    assert.ok(b.seen.includes("reads again"));
  });
});

test("PcapWriter: every frame once, in the classic format", async () => {
  await withLan(async ({ lan, nics: [a], folder }) => {
    a.send(frame(broadcast, macs[0], "kept"));
    await settle();
    await lan[Symbol.asyncDispose]();
    const file = readFileSync(join(folder, "lan.pcap"));
    assert.equal(file.readUInt32LE(0), 0xa1b2c3d4);
    assert.equal(file.readUInt32LE(20), 1);
    assert.equal(file.readUInt32LE(24 + 8), 18);
    assert.equal(file.length, 24 + 16 + 18);
    assert.ok(Math.abs(file.readUInt32LE(24) - Date.now() / 1000) < 60);
  });
});
