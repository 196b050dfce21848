/**
 * `node driver/bench/boot.ts [--runs N]`: kernel start to root shell and to multi-user.target of one machine, and the round
 * trip of a command, on the machine of vm-tests/boot.nix. JSON lines on standard output for comparison, a table for people
 * on standard error. Times are host milliseconds from the start of QEMU.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Cluster } from "../cluster.ts";
import type { Machine } from "../machine/machine.ts";
import { buildCluster, nodesFrom } from "../nodes/cluster-source.ts";
import { Journal } from "../report/journal.ts";

interface BootSample {
  readonly shellMs: number;
  readonly multiUserMs: number;
  readonly trueMedianMs: number;
  readonly trueP99Ms: number;
  readonly shutdownMs: number;
}

const { values } = parseArgs({
  options: { runs: { type: "string", default: "3" }, commands: { type: "string", default: "100" } },
});
const runs = Number(values.runs);
const commands = Number(values.commands);

const nodes = nodesFrom(import.meta.url, "../../vm-tests/boot.nix", ["machine"]);
const built = await buildCluster("boot", nodes, { journal: new Journal() });
const samples: BootSample[] = [];
for (let run = 1; run <= runs; run += 1) {
  const sample = await measure();
  samples.push(sample);
  process.stdout.write(`${JSON.stringify({ bench: "driver-boot", run, ...sample })}\n`);
}
process.stderr.write(table(samples));

async function measure(): Promise<BootSample> {
  const reportFolder = mkdtempSync(join(tmpdir(), "firn-bench-"));
  try {
    const { spec, storePaths, view } = built;
    await using cluster = await Cluster.open({
      machines: spec.machines,
      storePaths,
      view,
      journal: new Journal(),
      reportFolder,
    });
    const machine = cluster.machines.get("machine");
    if (machine === undefined) throw new Error("boot.nix has a machine called 'machine'");
    await machine.connect();
    // The machine is left alone until its boot is over: every question costs it time.
    await machine.waitForConsoleText(/Startup finished in|Reached target (multi-user.target|Multi-User System)/);
    await machine.waitForUnit("multi-user.target");
    const { shellMs, multiUserMs } = await machine.bootTimes();
    const trips = await roundTrips(machine);
    const start = performance.now();
    await machine.shutdown();
    const shutdownMs = Math.round(performance.now() - start);
    return { shellMs: shellMs ?? Number.NaN, multiUserMs: multiUserMs ?? Number.NaN, ...trips, shutdownMs };
  } finally {
    rmSync(reportFolder, { recursive: true, force: true });
  }
}

async function roundTrips(machine: Machine): Promise<{ trueMedianMs: number; trueP99Ms: number }> {
  const times: number[] = [];
  for (let index = 0; index < commands; index += 1) {
    const start = performance.now();
    await machine.execute("true");
    times.push(performance.now() - start);
  }
  times.sort((left, right) => left - right);
  return { trueMedianMs: at(times, 0.5), trueP99Ms: at(times, 0.99) };
}

function at(sorted: readonly number[], part: number): number {
  return Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN).toFixed(1));
}

function table(all: readonly BootSample[]): string {
  const rows: readonly (readonly [string, keyof BootSample])[] = [
    ["kernel start to root shell", "shellMs"],
    ["kernel start to multi-user.target", "multiUserMs"],
    [`execute("true"), median`, "trueMedianMs"],
    [`execute("true"), p99`, "trueP99Ms"],
    ["shutdown", "shutdownMs"],
  ];
  const lines = rows.map(([title, key]) => {
    const sorted = all.map((sample) => sample[key]).toSorted((left, right) => left - right);
    return `${title.padEnd(36)} ${`${at(sorted, 0.5)} ms`.padStart(12)}   best ${sorted[0] ?? "-"} ms\n`;
  });
  return `${all.length} boots\n${lines.join("")}`;
}
