/**
 * `vmTest`: a test of node:test whose fixtures are booted machines. It builds the nodes, boots them, runs the body, and
 * whatever happens takes everything down and writes the report.
 *
 * Invariants: nothing outlives the test; the error that the runner sees is the cause (a dead QEMU, not the wait that
 * noticed); evidence (screens, journals, console) is gathered before the machines end.
 */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { AppError, isAppError } from "#store/std/app-error.ts";
import { Cluster } from "../cluster.ts";
import { firnRoot, stateFolders } from "../host/firn-root.ts";
import type { Machine } from "../machine/machine.ts";
import type { Network } from "../net/network.ts";
import { type BuiltCluster, buildCluster, type Nodes } from "../nodes/cluster-source.ts";
import { collectEvidence } from "../report/collect-evidence.ts";
import { Journal } from "../report/journal.ts";
import { ReportBuilder } from "../report/report-builder.ts";
import { writeTestReport } from "../report/write-report.ts";
import { connectToRunner } from "../run/runner-channel.ts";
import { timeoutError, untilAborted } from "../wait/deadline.ts";

/** A VM test's options. */
export interface VmTestOptions<Name extends string> {
  /** A file of nodes ({@link nodesFrom}), or a node for each name. */
  readonly nodes: Nodes<Name>;
  /** For the body, from the first command on; 15 minutes unless told. */
  readonly timeoutMs?: number;
  /** `all` (default): every machine is started at once and has its root shell when the body begins. `none`: on first use. */
  readonly start?: "all" | "none";
  readonly skip?: boolean | string;
  readonly only?: boolean;
  readonly todo?: boolean | string;
}

/** What every body is given besides its machines. */
export interface VmTestTools {
  readonly network: Network;
  /** All machines by name. */
  readonly machines: ReadonlyMap<string, Machine>;
  /** Names a part of the test, for the live output, the report and the error; steps may be nested. */
  step<T>(name: string, work: () => Promise<T> | T): Promise<T>;
  /** The same as `step`, as NixOS calls it. */
  subtest<T>(name: string, work: () => Promise<T> | T): Promise<T>;
  /** Aborted when the test is over, by success or by trouble. */
  readonly signal: AbortSignal;
  readonly reportFolder: string;
  /** The context of node:test. */
  readonly t: TestContext;
}

export type VmTestContext<Name extends string> = { readonly [N in Name]: Machine } & VmTestTools;

const defaultBodyTimeoutMs = 900_000;
const reservedNames: readonly string[] = ["network", "machines", "step", "subtest", "signal", "reportFolder", "t"];

/**
 * Registers a VM test.
 * @example
 * vmTest("page is served", { nodes: nodesFrom(import.meta.url, "./web.nix", ["server", "client"]) },
 *   async ({ server, client }) => {
 *     await server.waitForUnit("nginx.service");
 *     await client.succeed("curl -sf http://server/");
 *   });
 */
export function vmTest<const Name extends string>(
  name: string,
  options: VmTestOptions<Name>,
  body: (context: VmTestContext<Name>) => Promise<void> | void,
): void {
  const { skip, only, todo } = options;
  const testOptions = {
    ...(skip === undefined ? {} : { skip }),
    ...(only === undefined ? {} : { only }),
    ...(todo === undefined ? {} : { todo }),
  };
  // The names in the context are those of the cluster, which buildCluster has checked against the type's.
  void test(name, testOptions, (t) => runVmTest(name, options, body as (context: object) => Promise<void> | void, t));
}

async function runVmTest(
  name: string,
  options: VmTestOptions<string>,
  body: (context: object) => Promise<void> | void,
  t: TestContext,
): Promise<void> {
  const slug = slugOf(name);
  const reportBase = process.env["FIRN_REPORT_DIR"] ?? stateFolders(firnRoot()).reports;
  const reportFolder = join(reportBase, slug);
  rmSync(reportFolder, { recursive: true, force: true });
  const journal = new Journal();
  const report = new ReportBuilder({ name, slug, file: t.filePath ?? "" }, journal);
  await using channel = await connectToRunner(name, journal);
  let failure: unknown;
  try {
    const built = await buildCluster(slug, options.nodes, { journal, signal: t.signal });
    await runOnCluster(built, { options, body, t, journal, report, reportFolder });
  } catch (error) {
    failure = error;
  }
  const written = writeTestReport(report.finish(failure), report.serialLines, reportBase);
  journal.note(`report: ${written}`);
  await channel.flush();
  if (failure !== undefined) throw presentable(failure, written);
}

interface Run {
  readonly options: VmTestOptions<string>;
  readonly body: (context: object) => Promise<void> | void;
  readonly t: TestContext;
  readonly journal: Journal;
  readonly report: ReportBuilder;
  readonly reportFolder: string;
}

async function runOnCluster(built: BuiltCluster, run: Run): Promise<void> {
  const { options, t, journal, report, reportFolder } = run;
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, t.signal]);
  const { spec, view, storePaths } = built;
  await using cluster = await Cluster.open({
    machines: spec.machines,
    storePaths,
    view,
    journal,
    reportFolder,
    signal,
  });
  report.accelerator = cluster.accelerator;
  try {
    if (options.start !== "none") {
      await journal.action({ kind: "phase", title: "boot" }, () => untilAborted(cluster.start(), cluster.trouble));
    }
    await journal.action({ kind: "phase", title: "test" }, () => runBody(cluster, run, signal));
  } catch (error) {
    const cause = cluster.trouble.aborted ? cluster.trouble.reason : error;
    await collectEvidence(cluster, report, { failed: true });
    throw cause;
  }
  await collectEvidence(cluster, report, { failed: false });
  over.abort(new AppError("DRIVER_TEST_OVER", "The test is over"));
}

async function runBody(cluster: Cluster, run: Run, signal: AbortSignal): Promise<void> {
  const { options, body, t, journal, reportFolder } = run;
  const timeoutMs = options.timeoutMs ?? defaultBodyTimeoutMs;
  const timer = setTimeout(() => cluster.abort(timeoutError(`Test '${t.name}'`, timeoutMs)), timeoutMs);
  const step: VmTestTools["step"] = (name, work) => journal.action({ kind: "step", title: name }, work);
  const { machines, network } = cluster;
  checkNames(machines);
  const tools: VmTestTools = { network, machines, step, subtest: step, signal, reportFolder, t };
  try {
    const done = Promise.resolve(body({ ...Object.fromEntries(machines), ...tools }));
    await untilAborted(done, AbortSignal.any([cluster.trouble, signal]));
  } finally {
    clearTimeout(timer);
  }
}

function checkNames(machines: ReadonlyMap<string, Machine>): void {
  const taken = [...machines.keys()].find((name) => reservedNames.includes(name));
  if (taken !== undefined)
    throw new AppError("DRIVER_NODES", `A node cannot be called '${taken}'`, {
      hint: "the test's own tools are called so",
    });
}

/** node:test prints the message alone, so it says everything. */
function presentable(failure: unknown, reportFile: string): unknown {
  if (!isAppError(failure)) return failure;
  const parts = [
    failure.message,
    failure.details,
    failure.hint === undefined ? undefined : `hint: ${failure.hint}`,
    `report: ${reportFile}`,
  ];
  const text = parts.filter((part) => part !== undefined && part !== "").join("\n");
  const error = new AppError(failure.code, text, { exitCode: failure.exitCode });
  const frames = (failure.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  error.stack = [`${error.name}: ${text}`, ...frames].join("\n");
  return error;
}

function slugOf(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "")
      .slice(0, 60) || "test"
  );
}
