import assert from "node:assert/strict";
import { test } from "node:test";
import type { BuildRecord } from "../model/build-record.ts";
import { excuseLine } from "./excuse-line.ts";
import { judge } from "./judge.ts";

const build = (job: string, fields: Partial<BuildRecord> = {}): BuildRecord => ({
  job,
  drvPath: `/nix/store/x-${job}.drv`,
  status: "succeeded",
  outputs: {},
  constituents: null,
  failedStep: null,
  error: null,
  ...fields,
});
const drvOf = (...jobs: string[]) => jobs.map((job) => `/nix/store/x-${job}.drv`);
const judged = (builds: BuildRecord[], gateJob = "tested") =>
  judge({
    gateJob,
    builds,
    failingSince: async () => ({ evaluationId: 3, revision: "abcdef0123456789", time: new Date(0) }),
    reproduce: (job) => `firn build ${job}`,
  });

test("judge passes when the aggregate and all its constituents succeeded", async () => {
  const verdict = await judged([build("a"), build("b"), build("tested", { constituents: drvOf("b", "a") })]);
  assert.deepEqual(verdict, { pass: true, neededJobs: ["tested", "a", "b"], excuses: [] });
});

test("judge looks only at what the gate needs", async () => {
  const verdict = await judged([
    build("a"),
    build("z", { status: "failed" }),
    build("tested", { constituents: drvOf("a") }),
  ]);
  assert.equal(verdict.pass, true);
});

test("judge holds when a constituent failed, and blames it, not the aggregate", async () => {
  const error = {
    code: "STORE_BUILD_FAILED",
    message: "Builder failed\nmore",
    summary: "x.c: error",
    hint: "Look",
    details: "one\ntwo\n\n",
  };
  const verdict = await judged([
    build("a", { status: "failed", error, failedStep: { drvPath: "/nix/store/x-a.drv", name: "a" } }),
    build("b"),
    build("tested", { status: "dependency-failed", constituents: drvOf("a", "b") }),
  ]);
  assert.equal(verdict.pass, false);
  assert.deepEqual(verdict.excuses, [
    {
      job: "a",
      kind: "failed",
      step: { drvPath: "/nix/store/x-a.drv", name: "a" },
      reason: "Builder failed: x.c: error",
      hint: "Look",
      since: { evaluationId: 3, revision: "abcdef0123456789", time: "1970-01-01T00:00:00.000Z" },
      lastLines: ["one", "two"],
      reproduce: "firn build a",
    },
  ]);
  assert.deepEqual(verdict.excuses.map(excuseLine), [
    "a failed: Builder failed: x.c: error (since 1970-01-01 00:00 UTC, revision abcdef012345, evaluation 3)",
  ]);
});

test("judge shows the end of a log, but the beginning of an evaluation's error", async () => {
  const details = Array.from({ length: 30 }, (_, index) => `line ${index}`).join("\n");
  const error = { code: "X", message: "No", details };
  const shown = async (status: "failed" | "evaluation-failed"): Promise<readonly string[]> =>
    (await judged([build("tested", { status, error })])).excuses[0]?.lastLines ?? [];
  assert.deepEqual([(await shown("failed")).length, (await shown("failed")).at(-1)], [10, "line 29"]);
  assert.deepEqual((await shown("evaluation-failed"))[0], "line 0");
});

test("judge names what failed before what was stopped because of it", async () => {
  const verdict = await judged([
    build("a", { status: "cancelled" }),
    build("b", { status: "failed" }),
    build("tested", { status: "dependency-failed", constituents: drvOf("a", "b") }),
  ]);
  assert.deepEqual(
    verdict.excuses.map(({ job }) => job),
    ["b", "a"],
  );
});

test("judge holds when only the aggregate itself failed", async () => {
  const verdict = await judged([build("a"), build("tested", { status: "failed", constituents: drvOf("a") })]);
  assert.deepEqual(
    verdict.excuses.map(({ job, kind }) => [job, kind]),
    [["tested", "failed"]],
  );
});

test("judge names the step at the bottom of a failed dependency", async () => {
  const verdict = await judged([
    build("a", {
      status: "dependency-failed",
      failedStep: { drvPath: "/nix/store/x-deep.drv", name: "deep" },
      error: { code: "STORE_BUILD_FAILED", message: "Builder of 'deep' failed" },
    }),
    build("tested", { status: "dependency-failed", constituents: drvOf("a") }),
  ]);
  assert.match(
    verdict.excuses.map(excuseLine).join("\n"),
    /^a was not built, step 'deep' failed: Builder of 'deep' failed \(/,
  );
});

test("judge follows nested aggregates and bears cycles", async () => {
  const verdict = await judged([
    build("a", { status: "timed-out" }),
    build("inner", { constituents: drvOf("a", "tested") }),
    build("tested", { constituents: drvOf("inner") }),
  ]);
  assert.deepEqual(verdict.neededJobs, ["tested", "a", "inner"]);
  assert.deepEqual(
    verdict.excuses.map(({ job }) => job),
    ["a"],
  );
});

test("judge holds for every way of not succeeding", async () => {
  for (const status of [
    "queued",
    "running",
    "cancelled",
    "evaluation-failed",
    "timed-out",
    "dependency-failed",
  ] as const) {
    const verdict = await judged([build("tested", { status })]);
    assert.equal(verdict.pass, false, status);
    assert.equal(verdict.excuses.length, 1, status);
  }
});

test("judge says when the gating job is missing, and which aggregates there are", async () => {
  const verdict = await judged([build("all", { constituents: [] })]);
  assert.equal(verdict.pass, false);
  assert.match(verdict.excuses.map(excuseLine).join(), /^tested is missing: The release file has no such job$/);
  assert.match(verdict.excuses[0]?.hint ?? "", /'all'/);
});

test("judge needs no aggregate: a plain job gates alone", async () => {
  assert.equal((await judged([build("hello")], "hello")).pass, true);
});

test("judge blames a constituent that is no job of its own", async () => {
  const failedStep = { drvPath: "/nix/store/x-hidden.drv", name: "hidden" };
  const tested = { status: "dependency-failed", constituents: drvOf("a", "hidden"), failedStep } as const;
  const verdict = await judged([build("a"), build("tested", tested)]);
  assert.deepEqual(
    verdict.excuses.map(({ job }) => job),
    ["/nix/store/x-hidden.drv"],
  );
});
