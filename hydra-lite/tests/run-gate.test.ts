/** The whole gate over a fake evaluator and a fake store, with the real database and real releases on disk. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { AppError } from "#store/std/app-error.ts";
import { excuseLine } from "../api.ts";
import type { Database } from "../db/database.ts";
import { openDatabase } from "../db/open-database.ts";
import type { GateEvent } from "../gate-event.ts";
import type { GateOptions } from "../gate-options.ts";
import { runGate } from "../run-gate.ts";
import { FakeJobEvaluator } from "./fake-job-evaluator.ts";
import { FakeJobStore, fakeDrvPath, fakeOutput } from "./fake-job-store.ts";
import { type TempFolder, tempFolder } from "./temp-folder.ts";

const channelFiles = {
  "tarballs/nixexprs.tar.xz": "the tarball",
  "nix-support/hydra-build-products": `channel - ${fakeOutput("channel")}/tarballs/nixexprs.tar.xz\n`,
  "nix-support/hydra-release-name": "c-1pre20260101000000.abc\n",
};

describe("runGate", () => {
  let home: TempFolder;
  let database: Database;
  let folder: TempFolder;
  let store: FakeJobStore;
  let evaluator: FakeJobEvaluator;
  before(async () => {
    home = tempFolder("gate-db");
    database = await openDatabase({ root: home.path });
  });
  after(async () => {
    await database.close();
    home[Symbol.dispose]();
  });
  beforeEach((t) => {
    folder = tempFolder("gate");
    if ("after" in t) {
      t.after(() => folder[Symbol.dispose]());
    }
    mkdirSync(join(folder.path, "src"));
    writeFileSync(join(folder.path, "src/release.nix"), "{ }");
    store = new FakeJobStore(folder.path);
    evaluator = new FakeJobEvaluator();
  });

  const gate = async (options: Partial<GateOptions> = {}): Promise<GateEvent[]> => {
    // The gate closes what it opened; here the database serves the next one too.
    const openShared = async (): Promise<Database> => ({
      ...database,
      close: async () => {},
      [Symbol.asyncDispose]: () => database.query("select pg_advisory_unlock_all()").then(() => {}),
    });
    const events: GateEvent[] = [];
    const parts = { evaluator, store, openDatabase: openShared };
    const releaseFile = join(folder.path, "src/release.nix");
    for await (const event of runGate({ root: folder.path, releaseFile, channel: "c", parts, ...options })) {
      events.push(event);
    }
    return events;
  };
  const find = <T extends GateEvent["type"]>(events: readonly GateEvent[], type: T) => {
    const found = events.find((event): event is Extract<GateEvent, { type: T }> => event.type === type);
    assert.ok(found, `no event '${type}'`);
    return found;
  };
  const tested = (...names: string[]) =>
    store.define("tested", { inputs: names, files: { done: "" } }, names.map(fakeDrvPath));
  const greenJobs = () => [
    store.define("lib", { files: { a: "" } }),
    store.define("channel", { files: channelFiles }),
    store.define("boot", { inputs: ["lib"], files: { report: "" } }),
    tested("channel", "boot"),
  ];
  const status = () => JSON.parse(readFileSync(join(folder.path, "firn/channels/c.json"), "utf8"));

  test("runGate publishes when all constituents succeeded", async () => {
    evaluator.results = greenJobs();
    const events = await gate();
    assert.deepEqual(
      events.filter(({ type }) => type.startsWith("phase-")).map((event) => "phase" in event && event.phase),
      ["evaluate", "evaluate", "build", "build", "gate", "gate", "publish", "publish"],
    );
    assert.deepEqual(find(events, "finished"), {
      type: "finished",
      outcome: "moved",
      channel: "c",
      release: "c-1pre20260101000000.abc",
    });
    const pointer = join(folder.path, "firn/channels/c");
    assert.equal(readFileSync(join(pointer, "nixexprs.tar.xz"), "utf8"), "the tarball");
    assert.equal(readFileSync(join(pointer, "binary-cache-url"), "utf8"), `file://${folder.path}/firn/cache`);
    const paths = execFileSync("xz", ["-dc", join(pointer, "store-paths.xz")], { encoding: "utf8" });
    assert.deepEqual(paths.trim().split("\n"), ["boot", "channel", "tested"].map(fakeOutput));
    assert.deepEqual(store.exported, ["boot", "channel", "tested"].map(fakeOutput));
    assert.deepEqual(store.ran, ["lib", "channel", "boot", "tested"]);
    assert.equal(store.roots.get(join(store.root, "firn/hydra-lite/roots/c/boot")), fakeOutput("boot"));
    assert.equal(store.isClosed, true);
    assert.deepEqual(
      [status().judged.pass, status().release, status().excuses],
      [true, "c-1pre20260101000000.abc", []],
    );
  });

  test("runGate gives the release file its source, the channel and what to break", async () => {
    await gate({ breakTest: "boot" });
    const given = evaluator.requests[0]?.arguments ?? [];
    assert.deepEqual(
      given.map(({ name }) => name),
      ["firnSrc", "channelName", "breakTest"],
    );
    assert.match(
      given[0]?.value ?? "",
      /^\{ outPath = \/\. \+ "\/.*"; revision = "[0-9a-f]{40}"; shortRev = "[0-9a-f]{12}"; /,
    );
  });

  test("runGate again finds the channel there already", async () => {
    evaluator.results = greenJobs();
    await gate();
    const events = await gate();
    assert.equal(find(events, "finished").outcome, "already-there");
    const cached = events.filter((event) => event.type === "job-finished" && event.cached);
    assert.equal(cached.length, 4);
  });

  test("runGate holds the channel when a constituent fails, and says which step", async () => {
    evaluator.results = greenJobs();
    await gate();
    store.define("lib", { files: null, log: "cc: error\nmake: *** [all] Error 1" });
    evaluator.results = [...greenJobs().slice(1), store.define("lib", { files: null, log: "cc: error\nmake: failed" })];
    const events = await gate({ build: { keepGoing: true } });
    const verdict = find(events, "verdict");
    assert.equal(verdict.pass, false);
    assert.equal(verdict.excuses.length, 1);
    assert.match(
      verdict.excuses.map(excuseLine).join("\n"),
      /^boot was not built, step 'lib' failed: Builder of 'lib' failed with exit code 1 \(since \d{4}-.* UTC, revision [0-9a-f]{12}, evaluation \d+\)$/,
    );
    assert.deepEqual(verdict.excuses[0]?.lastLines, ["cc: error", "make: failed"]);
    assert.equal(verdict.excuses[0]?.reproduce, `firn build -f ${join(folder.path, "src/release.nix")} boot`);
    const finished = find(events, "finished");
    assert.deepEqual([finished.outcome, finished.release], ["held", "c-1pre20260101000000.abc"]);
    assert.equal(status().excuses[0].job, "boot");
    assert.equal(status().release, "c-1pre20260101000000.abc");
  });

  test("runGate takes a result that says it failed for a failure", async () => {
    const files = { "nix-support/failed": "", "report.html": "" };
    evaluator.results = [store.define("boot", { files }), tested("boot")];
    const verdict = find(await gate(), "verdict");
    assert.deepEqual(
      verdict.excuses.map(({ job, kind }) => [job, kind]),
      [["boot", "failed"]],
    );
  });

  test("runGate stops at the first failure unless told to keep going", async () => {
    evaluator.results = [store.define("a", { files: null }), store.define("b", { files: {} }), tested("a", "b")];
    const verdict = find(await gate(), "verdict");
    assert.deepEqual(store.ran, ["a"]);
    assert.deepEqual(
      verdict.excuses.map(({ job, kind }) => [job, kind]),
      [
        ["a", "failed"],
        ["b", "cancelled"],
      ],
    );
  });

  test("runGate holds, and builds nothing, when the gating job does not evaluate", async () => {
    evaluator.results = [store.define("a", { files: {} }), { attr: "tested", error: "undefined variable 'x'" }];
    const events = await gate();
    assert.match(
      find(events, "verdict").excuses.map(excuseLine).join(),
      /^tested does not evaluate: undefined variable 'x'/,
    );
    assert.deepEqual(store.ran, []);
  });

  test("runGate holds when the release file does not evaluate at all", async () => {
    evaluator.failure = new AppError("EVAL_SYNTAX", "Unexpected '}'", { details: "release.nix:1:2", hint: "Close it" });
    const events = await gate();
    const [excuse] = find(events, "verdict").excuses;
    assert.deepEqual([excuse?.job, excuse?.reason], ["tested", "Unexpected '}'"]);
    assert.notEqual(excuse?.since, null);
    assert.deepEqual([excuse?.lastLines, excuse?.hint], [["release.nix:1:2"], "Close it"]);
    assert.equal(find(events, "finished").outcome, "held");
  });

  test("runGate throws what is no fault of the jobs", async () => {
    evaluator.failure = new AppError("HOST_NO_BWRAP", "Cannot find 'bwrap'", { exitCode: 3 });
    await assert.rejects(gate(), { code: "HOST_NO_BWRAP" });
    const [last] = await database.query<{ state: string; error: string }>(
      "select state, error from evaluation order by id desc limit 1",
    );
    assert.deepEqual(last, { state: "aborted", error: "Cannot find 'bwrap'" });
    assert.equal(store.isClosed, true);
  });

  test("runGate needs a tarball to publish", async () => {
    evaluator.results = [store.define("boot", { files: {} }), tested("boot")];
    await assert.rejects(gate(), { code: "HYDRA_NO_CHANNEL_TARBALL" });
    assert.equal(existsSync(join(folder.path, "firn/channels/c")), false);
  });

  test("runGate does not publish what lies outside the store", async () => {
    const outside = { "nix-support/hydra-build-products": "channel - /etc/passwd\n" };
    const link = {
      "nixexprs.tar.xz": "-> /etc/passwd",
      "nix-support/hydra-build-products": `channel - ${fakeOutput("boot")}/nixexprs.tar.xz\n`,
    };
    for (const files of [outside, link]) {
      evaluator.results = [store.define("boot", { files }), tested("boot")];
      await assert.rejects(gate(), { code: "HYDRA_NO_CHANNEL_TARBALL" });
    }
  });

  test("runGate ends when its signal is aborted, and judges nothing", async () => {
    const abort = new AbortController();
    abort.abort(new AppError("CLI_INTERRUPTED", "Interrupted", { exitCode: 130 }));
    evaluator.results = greenJobs();
    await assert.rejects(gate({ build: { signal: abort.signal } }), { code: "CLI_INTERRUPTED" });
    assert.equal(existsSync(join(folder.path, "firn/channels/c.json")), false);
  });

  test("runGate records each step once, and every job that shares it", async () => {
    const shared = store.define("shared", { files: {} });
    evaluator.results = [shared, { ...shared, attr: "alias" }, tested("shared")];
    await assert.rejects(gate(), { code: "HYDRA_NO_CHANNEL_TARBALL" });
    const attempts = await database.query<{ name: string; outcome: string }>(
      `select d.name, a.outcome from attempt a join derivation d using (drv_path)
       where a.evaluation_id = (select max(id) from evaluation) order by a.id`,
    );
    assert.deepEqual(attempts, [
      { name: "shared", outcome: "built" },
      { name: "tested", outcome: "built" },
    ]);
    const builds = await database.query<{ job: string; status: string }>(
      "select job, status from build where evaluation_id = (select max(id) from evaluation) order by job",
    );
    assert.deepEqual(builds, [
      { job: "alias", status: "succeeded" },
      { job: "shared", status: "succeeded" },
      { job: "tested", status: "succeeded" },
    ]);
  });
});
