import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeUnit, parseUnitInfo } from "./unit-state.ts";

const loaded = { LoadState: "loaded", Result: "success", Job: "" };

test("parseUnitInfo: a value may hold equals signs", () => {
  assert.deepEqual(parseUnitInfo("Id=a.service\nEnvironment=A=b C=d\n\nnoise\n"), {
    Id: "a.service",
    Environment: "A=b C=d",
  });
});

test("judgeUnit: active and reloading units are reached", () => {
  assert.equal(judgeUnit({ ...loaded, ActiveState: "active" }).state, "reached");
  assert.equal(judgeUnit({ ...loaded, ActiveState: "reloading" }).state, "reached");
});

test("judgeUnit: a oneshot that has done its work and is inactive again is reached", () => {
  const unit = { ...loaded, ActiveState: "inactive", Type: "oneshot", InactiveExitTimestampMonotonic: "123" };
  assert.equal(judgeUnit(unit).state, "reached");
  assert.equal(judgeUnit({ ...unit, InactiveExitTimestampMonotonic: "0" }).state, "idle");
});

test("judgeUnit: a unit with a job or in an automatic restart is on its way", () => {
  assert.equal(judgeUnit({ ...loaded, ActiveState: "inactive", Job: "17" }).state, "busy");
  assert.equal(judgeUnit({ ...loaded, ActiveState: "activating", SubState: "auto-restart" }).state, "busy");
  assert.equal(judgeUnit({ ...loaded, ActiveState: "deactivating" }).state, "busy");
});

test("judgeUnit: a failed unit says how it failed", () => {
  const verdict = judgeUnit({ ...loaded, ActiveState: "failed", Result: "exit-code", ExecMainStatus: "203" });
  assert.deepEqual(verdict, { state: "failed", reason: "it has failed (result 'exit-code', exit status 203)" });
});

test("judgeUnit: units that nobody will start say why", () => {
  const unit = { ...loaded, ActiveState: "inactive" };
  assert.deepEqual(judgeUnit({ ...unit, LoadState: "not-found" }), { state: "idle", reason: "there is no such unit" });
  assert.deepEqual(judgeUnit({ ...unit, LoadState: "masked" }), { state: "failed", reason: "it is masked" });
  assert.deepEqual(judgeUnit({ ...unit, ConditionResult: "no", ConditionTimestampMonotonic: "5" }), {
    state: "idle",
    reason: "one of its conditions does not hold",
  });
  assert.deepEqual(judgeUnit(unit), { state: "idle", reason: "it is inactive and no job is to start it" });
});
