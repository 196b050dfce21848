import assert from "node:assert/strict";
import { test } from "node:test";
import { blankFrame, frameAt, frameOfSlots, getSlot, noFrame, readFrame, setSlot, slotsOf } from "./frame.ts";
import { Code, Thunk } from "./value.ts";

const sizes = [1, 2, 3, 4, 5, 6, 12];

test("frameOfSlots: each slot is found, whatever the size", () => {
  for (const size of sizes) {
    const values = Array.from({ length: size }, (_value, index) => index * 10);
    const frame = frameOfSlots(noFrame, values);
    assert.equal(frameAt(frame, 1), noFrame);
    assert.deepEqual(slotsOf(frame, size), values);
  }
});

test("blankFrame: all slots are empty, and frames of one size do not share them", () => {
  for (const size of sizes) {
    const frame = blankFrame(noFrame, size);
    const other = blankFrame(noFrame, size);
    for (let slot = 1; slot <= size; slot++) {
      assert.equal(getSlot(frame, slot), undefined);
      setSlot(frame, slot, slot);
      assert.equal(getSlot(other, slot), undefined);
    }
    assert.deepEqual(
      slotsOf(frame, size),
      Array.from({ length: size }, (_value, index) => index + 1),
    );
  }
});

test("readFrame: a thunk is replaced by its value", () => {
  for (const size of sizes) {
    const frame = blankFrame(noFrame, size);
    let runs = 0;
    const code = new Code(() => {
      runs++;
      return "done";
    });
    setSlot(frame, size, new Thunk(code, noFrame));
    assert.equal(readFrame(frame, size), "done");
    assert.equal(getSlot(frame, size), "done");
    assert.equal(runs, 1);
  }
});
