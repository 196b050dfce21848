import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { QmpClient } from "./qmp-client.ts";

/** A QEMU whose answers the test writes: gets each command, returns the lines to send. */
async function withPeer(
  answer: (command: { execute: string; id: number }) => readonly object[],
  body: (client: QmpClient, peer: Socket) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "firn-test-"));
  const server = createServer();
  server.listen(join(folder, "qmp"));
  await once(server, "listening");
  const peer = createConnection(join(folder, "qmp"));
  const [socket] = (await once(server, "connection")) as [Socket];
  const client = new QmpClient(socket);
  peer.setEncoding("utf8").on("data", (text: string) => {
    for (const line of text.trim().split("\n")) {
      for (const message of answer(JSON.parse(line))) peer.write(`${JSON.stringify(message)}\r\n`);
    }
  });
  peer.write(`${JSON.stringify({ QMP: { version: {}, capabilities: [] } })}\r\n`);
  try {
    await body(client, peer);
  } finally {
    client.close();
    peer.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  }
}

test("send: answers are matched by id, whatever their order", async () => {
  const held: { id: number }[] = [];
  const answer = (command: { execute: string; id: number }): object[] => {
    if (command.execute === "qmp_capabilities") return [{ return: {}, id: command.id }];
    held.push(command);
    return held.length < 2 ? [] : held.toReversed().map(({ id }) => ({ return: `for ${id}`, id }));
  };
  await withPeer(answer, async (client) => {
    await client.negotiate();
    const [first, second] = await Promise.all([client.send("a"), client.send("b")]);
    assert.deepEqual([first, second], ["for 2", "for 3"]);
  });
});

test("send: QEMU's refusal is the error's message", async () => {
  const answer = ({ id }: { id: number }): object[] => [{ error: { class: "GenericError", desc: "no such disk" }, id }];
  await withPeer(answer, async (client) => {
    await assert.rejects(client.send("eject"), { code: "DRIVER_QMP", message: "QEMU refused 'eject': no such disk" });
  });
});

test("events$: events between answers, also cut in two", async () => {
  await withPeer(
    () => [],
    async (client, peer) => {
      const seen: string[] = [];
      client.events$.subscribe(({ event, data }) => seen.push(`${event} ${String(data["guest"])}`));
      peer.write('{"event": "RESET", "data": {"gue');
      await new Promise((resolve) => setTimeout(resolve, 20));
      peer.write('st": true}}\r\nnot json\r\n{"event": "STOP"}\r\n');
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.deepEqual(seen, ["RESET true", "STOP undefined"]);
    },
  );
});

test("send: the end of QEMU rejects what is pending and what comes later", async () => {
  await withPeer(
    () => [],
    async (client, peer) => {
      const pending = client.send("stop");
      pending.catch(() => {});
      peer.destroy();
      await assert.rejects(pending, { code: "DRIVER_QMP_CLOSED" });
      await assert.rejects(client.send("cont"), { code: "DRIVER_QMP_CLOSED" });
    },
  );
});
