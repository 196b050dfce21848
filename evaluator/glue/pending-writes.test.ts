import assert from "node:assert/strict";
import { test } from "node:test";
import type { Addition } from "#store/api.ts";
import { PendingWrites } from "./pending-writes.ts";

function text(name: string, contents = ""): Addition {
  return { type: "text", path: `/nix/store/${name}`, contents, references: [], outputs: null };
}

/** A sink that notes what it is asked. */
function recorder(): { readonly calls: string[]; readonly writes: PendingWrites } {
  const calls: string[] = [];
  const send = (batch: readonly Addition[]): void => void calls.push(batch.map(({ path }) => path.slice(11)).join(" "));
  return { calls, writes: new PendingWrites({ send, wait: () => void calls.push("wait") }, "/nix/store") };
}

test("PendingWrites sends in batches and in order, by number and by size", () => {
  const { calls, writes } = recorder();
  for (let count = 0; count < 130; count++) writes.add(text(`t${count}`));
  assert.equal(calls.length, 2);
  writes.add(text("large", "x".repeat(2 ** 20)));
  assert.equal(calls[2], "t128 t129 large");
});

test("PendingWrites settles only what it has not yet seen written", () => {
  const { calls, writes } = recorder();
  writes.add(text("a"));
  writes.settle("/nix/store/b");
  writes.settle("/home/a");
  assert.deepEqual(calls, []);
  writes.settle("/nix/store/a/file");
  assert.deepEqual(calls, ["a", "wait"]);
  writes.settle("/nix/store/a");
  writes.flush();
  assert.equal(calls.length, 2);
});
