import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { temporaryStore } from "../../local/tests/support/temporary-store.ts";
import { openStore } from "../../stores/open-store.ts";
import { conversations } from "./conversations.ts";
import { feed, fuzzDaemon } from "./fuzz.ts";

const corpus = new URL("./corpus/", import.meta.url);

test("serveConnection: well-formed conversations, whole and cut at every eighth byte", async () => {
  using place = temporaryStore();
  const open = () => openStore(`local?root=${place.root}`);
  for (const conversation of conversations(38).slice(0, -1)) {
    for (let end = conversation.length; end > 0; end -= 8) {
      assert.equal(await feed(conversation.subarray(0, end), open, true), null);
    }
  }
  assert.deepEqual(place.store.verify({ checkContents: true }), []);
});

test("serveConnection: what was found by fuzzing before", async () => {
  using place = temporaryStore();
  const open = () => openStore(`local?root=${place.root}`);
  for (const name of existsSync(corpus) ? readdirSync(corpus) : []) {
    for (const isTrusted of [true, false]) {
      assert.equal(await feed(readFileSync(new URL(name, corpus)), open, isTrusted), null, name);
    }
  }
});

test("serveConnection: broken conversations end, and leave the store sound", async (context) => {
  using place = temporaryStore();
  const seed = Number(process.env["SEED"] ?? Date.now());
  context.diagnostic(`SEED=${seed}`);
  const before = process.memoryUsage().rss;
  const openStoreHere = () => openStore(`local?root=${place.root}`);
  const { count, findings } = await fuzzDaemon({ openStore: openStoreHere, seed, durationMs: 10_000 });
  context.diagnostic(`${count} conversations`);
  assert.deepEqual(
    findings.map(({ problem, input }) => `${problem}: ${input.toString("base64")}`),
    [],
  );
  assert.deepEqual(place.store.verify({ checkContents: true }), []);
  assert.ok(process.memoryUsage().rss - before < 500 * 1024 * 1024);
});
