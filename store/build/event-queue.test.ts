import assert from "node:assert/strict";
import { test } from "node:test";
import { EventQueue } from "./event-queue.ts";

test("EventQueue delivers in order what was pushed before and during reading, then ends", async () => {
  const queue = new EventQueue<{ n: number }>(() => assert.fail("nobody left"));
  queue.push({ n: 1 });
  queue.push({ n: 2 });
  const seen: number[] = [];
  for await (const { n } of queue) {
    seen.push(n);
    if (n === 2) setImmediate(() => queue.push({ n: 3 }));
    if (n === 3) queue.close();
  }
  assert.deepEqual(seen, [1, 2, 3]);
});

test("EventQueue tells when its reader leaves", async () => {
  let abandoned = 0;
  const queue = new EventQueue<{ n: number }>(() => {
    abandoned += 1;
  });
  queue.push({ n: 1 });
  for await (const _event of queue) break;
  assert.equal(abandoned, 1);
  queue.push({ n: 2 });
  assert.deepEqual(await queue.next(), { done: true, value: undefined });
});
