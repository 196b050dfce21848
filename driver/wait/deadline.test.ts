import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { pause, pollUntil, untilAborted, withDeadline } from "./deadline.ts";

const never = new Promise<never>(() => {});

test("withDeadline: the first end wins, with its own reason", async () => {
  const signals = [undefined];
  assert.equal(await withDeadline("Work", { timeoutMs: 1_000, signals }, async () => 7), 7);
  await assert.rejects(
    withDeadline("Wait", { timeoutMs: 20, signals }, () => never),
    {
      code: "DRIVER_TIMEOUT",
      message: "Wait: not within 0 s",
    },
  );
  const abort = new AbortController();
  const cause = new Error("QEMU died");
  setTimeout(() => abort.abort(cause), 10);
  await assert.rejects(
    withDeadline("Wait", { timeoutMs: 5_000, signals: [abort.signal] }, () => never),
    cause,
  );
});

test("withDeadline: an aborted signal ends the work before it begins", async () => {
  const cause = new Error("over");
  await assert.rejects(
    withDeadline("Wait", { timeoutMs: 100, signals: [AbortSignal.abort(cause)] }, async () => 1),
    cause,
  );
});

test("withDeadline: work that fails is not called late", async () => {
  const cause = new Error("broken");
  await assert.rejects(
    withDeadline("Wait", { timeoutMs: 100, signals: [] }, () => Promise.reject(cause)),
    cause,
  );
});

test("untilAborted: leaves no listener behind", async () => {
  const abort = new AbortController();
  for (let index = 0; index < 50; index += 1) await untilAborted(Promise.resolve(index), abort.signal);
  assert.equal(EventEmitter.getEventListeners(abort.signal, "abort").length, 0);
});

test("pause: ends early with the signal's reason", async () => {
  const cause = new Error("enough");
  await assert.rejects(pause(10_000, AbortSignal.abort(cause)), cause);
  const abort = new AbortController();
  setTimeout(() => abort.abort(cause), 10);
  await assert.rejects(pause(10_000, abort.signal), cause);
});

test("pollUntil: asks until there is an answer, false included", async () => {
  let asked = 0;
  const answer = await pollUntil(async () => (++asked < 3 ? undefined : false), new AbortController().signal);
  assert.deepEqual([answer, asked], [false, 3]);
});
