/** One suite, two engines: whatever hydra-lite asks of its database must hold on PGlite and on PostgreSQL. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { finishAttempt, startAttempt } from "../db/attempts.ts";
import { buildsOf, failingSince, finishBuild, insertJob, insertProducts, markBuildRunning } from "../db/builds.ts";
import {
  ensureChannel,
  excusesOf,
  findRelease,
  lastMoveOf,
  lastVerdict,
  pointerLog,
  recordMove,
  recordRelease,
  recordVerdict,
} from "../db/channels.ts";
import type { Database } from "../db/database.ts";
import {
  abandonUnfinished,
  claimJobset,
  ensureJobset,
  finishEvaluation,
  listEvaluations,
  startEvaluation,
} from "../db/evaluations.ts";
import { migrate } from "../db/migrate.ts";
import { openDatabase } from "../db/open-database.ts";
import type { BuildStatus } from "../model/build-status.ts";
import type { Excuse } from "../model/excuse.ts";
import { startPostgresqlCluster, whyNoPostgresql } from "./postgresql-cluster.ts";
import { tempFolder } from "./temp-folder.ts";

interface Engine {
  readonly name: string;
  readonly skip: string | null;
  start(): Promise<AsyncDisposable & { open(): Promise<Database> }>;
}

const engines: readonly Engine[] = [
  {
    name: "pglite",
    skip: null,
    async start() {
      const folder = tempFolder("pglite");
      return {
        open: () => openDatabase({ root: folder.path }),
        [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
      };
    },
  },
  {
    name: "postgresql",
    skip: whyNoPostgresql(),
    async start() {
      const cluster = await startPostgresqlCluster();
      return {
        open: () => openDatabase({ root: "/nonexistent", url: cluster.url }),
        [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
      };
    },
  },
];

const drv = (name: string) => `/nix/store/${"0".repeat(32)}-${name}.drv`;
const job = (attr: string, constituents: string[] | null = null) => ({
  attr,
  name: attr,
  drvPath: drv(attr),
  outputs: { out: `/nix/store/${"1".repeat(32)}-${attr}` },
  constituents,
});
const end = (status: BuildStatus) => ({ status, cached: false, outputs: {}, causeDrvPath: null, error: null });

for (const engine of engines) {
  describe(`database on ${engine.name}`, { skip: engine.skip ?? false }, () => {
    let home: Awaited<ReturnType<Engine["start"]>>;
    let database: Database;
    let jobsetNumber = 0;
    before(async () => {
      home = await engine.start();
      database = await home.open();
    });
    after(async () => {
      await database.close();
      await home[Symbol.asyncDispose]();
    });
    const newJobset = () =>
      ensureJobset(database, { project: "firn", name: `set-${jobsetNumber++}`, releaseFile: "release.nix" });
    const newEvaluation = (jobsetId: number, revision = "r1") =>
      startEvaluation(database, { jobsetId, revision, inputs: { src: revision }, inputHash: revision });

    test("migrate is done once and refuses a newer schema", async () => {
      await migrate(database);
      assert.deepEqual(await database.query("select version from schema_migration"), [{ version: 1 }, { version: 2 }]);
      await assert.rejects(migrate(database, []), { code: "HYDRA_DATABASE_TOO_NEW" });
    });

    test("a failing transaction leaves nothing", async () => {
      const jobsetId = await newJobset();
      await assert.rejects(
        database.transaction(async (session) => {
          await startEvaluation(session, { jobsetId, revision: "x", inputs: null, inputHash: "x" });
          throw new Error("no");
        }),
        /no/,
      );
      assert.deepEqual(await listEvaluations(database, jobsetId, 5), []);
    });

    test("statements beside a transaction do not get into it", async () => {
      const jobsetId = await newJobset();
      const failing = database.transaction(async (session) => {
        await session.query("select 1");
        await new Promise((resolve) => setImmediate(resolve));
        throw new Error("rolled back");
      });
      const beside = newEvaluation(jobsetId);
      await assert.rejects(failing, /rolled back/);
      await beside;
      assert.equal((await listEvaluations(database, jobsetId, 5)).length, 1);
    });

    test("ensureJobset keeps the id and takes the new release file", async () => {
      const first = await ensureJobset(database, { project: "p", name: "n", releaseFile: "a" });
      assert.equal(await ensureJobset(database, { project: "p", name: "n", releaseFile: "b" }), first);
      assert.equal(await claimJobset(database, first), true);
    });

    test("builds of an evaluation come back as they ended", async () => {
      const evaluationId = await newEvaluation(await newJobset());
      const broken = await insertJob(database, evaluationId, job("broken"));
      await insertJob(database, evaluationId, job("tested", [drv("broken"), drv("fine")]));
      await insertJob(database, evaluationId, { attr: "wrong", error: "undefined variable 'x'\n  at r.nix:1:2" });
      await markBuildRunning(database, broken);
      const error = {
        code: "STORE_BUILD_FAILED",
        message: "It failed",
        summary: "x.c: error",
        hint: "Look",
        details: "line 1\nline 2",
      };
      await finishBuild(database, broken, { ...end("dependency-failed"), causeDrvPath: drv("deep"), error });
      const [first, second, third] = await buildsOf(database, evaluationId);
      assert.deepEqual(first, {
        job: "broken",
        drvPath: drv("broken"),
        status: "dependency-failed",
        outputs: {},
        constituents: null,
        failedStep: { drvPath: drv("deep"), name: "deep" },
        error,
      });
      assert.deepEqual(second?.constituents, [drv("broken"), drv("fine")]);
      assert.equal(second?.status, "queued");
      assert.equal(third?.status, "evaluation-failed");
      assert.equal(third?.error?.message, "undefined variable 'x'");
      assert.equal(third?.error?.details, "  at r.nix:1:2");
    });

    test("a job name is unique in an evaluation", async () => {
      const evaluationId = await newEvaluation(await newJobset());
      await insertJob(database, evaluationId, job("a"));
      await assert.rejects(insertJob(database, evaluationId, job("a")), /unique/);
    });

    test("failingSince finds the first failure after the last success", async () => {
      const jobsetId = await newJobset();
      const history: [string, BuildStatus][] = [
        ["r1", "failed"],
        ["r2", "succeeded"],
        ["r3", "cancelled"],
        ["r4", "timed-out"],
        ["r5", "failed"],
      ];
      const seen: (string | undefined)[] = [];
      for (const [revision, status] of history) {
        const build = await insertJob(database, await newEvaluation(jobsetId, revision), job("j"));
        await finishBuild(database, build, end(status));
        seen.push((await failingSince(database, jobsetId, "j"))?.revision);
      }
      assert.deepEqual(seen, ["r1", undefined, undefined, "r4", "r4"]);
      assert.ok((await failingSince(database, jobsetId, "j"))?.time instanceof Date);
    });

    test("abandonUnfinished closes what a killed process left, of its jobset only", async () => {
      const [mine, other] = [await newJobset(), await newJobset()];
      const [left, running] = [await newEvaluation(mine), await newEvaluation(other)];
      await insertJob(database, left, job("a"));
      await startAttempt(database, {
        evaluationId: left,
        drvPath: drv("a"),
        kind: "build",
        startedAt: new Date(),
        logPath: "x",
      });
      await abandonUnfinished(database, mine);
      assert.equal((await listEvaluations(database, mine, 1))[0]?.state, "aborted");
      assert.equal((await listEvaluations(database, other, 1))[0]?.state, "running");
      assert.equal((await buildsOf(database, left))[0]?.status, "cancelled");
      const attempts = "select outcome from attempt where evaluation_id = $1";
      assert.deepEqual(await database.query(attempts, [left]), [{ outcome: "cancelled" }]);
      await finishEvaluation(database, running, { state: "finished" });
      await finishEvaluation(database, running, { state: "failed", error: "too late: it is finished" });
      assert.equal((await listEvaluations(database, other, 1))[0]?.state, "finished");
    });

    test("attempts and products are kept", async () => {
      const evaluationId = await newEvaluation(await newJobset());
      const build = await insertJob(database, evaluationId, job("p"));
      const attempt = await startAttempt(database, {
        evaluationId,
        drvPath: drv("p"),
        kind: "build",
        startedAt: new Date(0),
        logPath: "nix/var/log/nix/drvs/00/p.drv",
      });
      await finishAttempt(database, attempt, { outcome: "built", durationMs: 12.6, error: null });
      const rows = await database.query("select outcome, duration_ms, started_at from attempt where id = $1", [
        attempt,
      ]);
      assert.deepEqual(rows, [{ outcome: "built", duration_ms: 13, started_at: new Date(0) }]);
      const product = {
        type: "file",
        subtype: "source-dist",
        name: "x",
        path: "/nix/store/x",
        sizeBytes: 5,
        sha256: "ab",
      };
      await insertProducts(database, build, [product]);
      const products = await database.query(
        "select type, subtype, size_bytes::int as size from product where build_id = $1",
        [build],
      );
      assert.deepEqual(products, [{ type: "file", subtype: "source-dist", size: 5 }]);
    });

    test("channels keep releases, moves and excuses", async () => {
      const jobsetId = await newJobset();
      const evaluationId = await newEvaluation(jobsetId);
      const channel = `channel-${jobsetId}`;
      await ensureChannel(database, { name: channel, jobsetId, gateJob: "tested" });
      const release = {
        channel,
        name: "c-1",
        revision: "r1",
        commitTime: new Date(1000),
        folder: `/channels/${channel}/c-1`,
        contentHash: "abc",
      };
      await recordRelease(database, release, evaluationId);
      await recordRelease(database, release, evaluationId);
      assert.deepEqual(await findRelease(database, channel, release.folder), release);
      assert.equal(await findRelease(database, channel, "/elsewhere"), null);
      const move = { channel, pointer: "/channels/c", fromRelease: null, toRelease: "c-1", reason: "tested" };
      await recordMove(database, move);
      await recordMove(database, { ...move, fromRelease: "c-1", toRelease: "c-2" });
      assert.deepEqual(
        (await pointerLog(database, channel, 10)).map(({ toRelease }) => toRelease),
        ["c-2", "c-1"],
      );
      assert.equal((await lastMoveOf(database, channel, "/channels/c"))?.toRelease, "c-2");
      const excuse: Excuse = {
        job: "tests.boot",
        kind: "failed",
        step: { drvPath: drv("boot"), name: "boot" },
        reason: "Builder failed",
        hint: null,
        since: null,
        lastLines: ["a", "b"],
        reproduce: "firn build",
      };
      assert.equal(await lastVerdict(database, channel), null);
      await recordVerdict(database, { channel, evaluationId }, { pass: false, excuses: [excuse] });
      const verdict = await lastVerdict(database, channel);
      assert.deepEqual([verdict?.pass, verdict?.revision, verdict?.evaluationId], [false, "r1", evaluationId]);
      assert.deepEqual(await excusesOf(database, channel, evaluationId), [excuse]);
    });

    test("what was written stands after the database is opened anew", async () => {
      const jobsetId = await newJobset();
      const evaluationId = await newEvaluation(jobsetId);
      await database.close();
      database = await home.open();
      assert.equal((await listEvaluations(database, jobsetId, 1))[0]?.id, evaluationId);
    });
  });
}

test("openDatabase tells a second process who has the embedded database", async () => {
  using folder = tempFolder("locked");
  await using first = await openDatabase({ root: folder.path });
  const program = `
    const { openDatabase } = await import(process.argv[1]);
    try { await openDatabase({ root: process.argv[2] }); console.log("opened"); }
    catch (error) { console.log(error.code + ": " + error.message); }`;
  const url = new URL("../db/open-database.ts", import.meta.url).href;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, url, folder.path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  await once(child, "close");
  assert.equal(first.engine, "pglite");
  assert.match(
    output,
    new RegExp(`^HYDRA_LOCKED: Cannot open hydra-lite's database in .*: process ${process.pid} has it open`),
  );
});

test("openDatabase can be had again after close, and after a failed migration", async () => {
  using folder = tempFolder("reopened");
  const first = await openDatabase({ root: folder.path });
  await first.query("insert into schema_migration (version, name) values (999, 'future')");
  await first.close();
  await assert.rejects(openDatabase({ root: folder.path }), { code: "HYDRA_DATABASE_TOO_NEW" });
  await assert.rejects(openDatabase({ root: folder.path }), { code: "HYDRA_DATABASE_TOO_NEW" });
});

test("openDatabase says when PostgreSQL cannot be reached", async () => {
  const url = "postgres://firn@/x?host=%2Fnonexistent";
  await assert.rejects(openDatabase({ root: "/nonexistent", url }), { code: "HYDRA_DATABASE_UNREACHABLE" });
});
