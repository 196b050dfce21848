import assert from "node:assert/strict";
import { test } from "node:test";
import { commitTimeInName, compactTime } from "./release-order.ts";

test("commitTimeInName reads back what compactTime wrote", () => {
  const time = new Date("2026-11-20T09:36:00Z");
  assert.deepEqual(commitTimeInName(`c-26.11pre${compactTime(time)}.783482e5d1b2-dirty-abc`), time);
});

test("commitTimeInName is null when a name does not say", () => {
  for (const name of ["c-1", "c-26.11pre123.abc", "c-26.11pre20261399999999.abc", ""]) {
    assert.equal(commitTimeInName(name), null, name);
  }
});
