/**
 * `npm start`: the main job on this machine, from Nix expressions to a channel that has moved. It runs the same commands
 * that a person would (`firn test`, `firn gate`) and sums up what each phase took.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatDuration, say } from "#cli/output/terminal.ts";
import { defaultRoot } from "#store/api.ts";

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const firn = join(project, "bin", "firn");
const reportFolder = join(project, "reports", "start");
const channel = "firn-unstable-small";

interface PhaseRow {
  readonly name: string;
  readonly durationMs: number;
  readonly note: string;
}

/** What of a test's report.json is read here; the driver's `TestReport` is the whole. */
interface TestRow {
  readonly name: string;
  readonly phases: readonly { readonly name: string; readonly durationMs: number }[];
  readonly machines: readonly {
    readonly name: string;
    readonly boot: { readonly shellMs: number | null; readonly multiUserMs: number | null };
  }[];
}

process.exitCode = await main();

async function main(): Promise<number> {
  const startMs = Date.now();
  say("Firn, the main job: evaluate, build, boot, test, gate");
  const tested = await run(["test", "--report", reportFolder, "vm-tests/boot.test.ts", "vm-tests/first-light.test.ts"]);
  const rows = testPhases();
  if (tested !== 0) return end(rows, startMs, tested);
  const gateStartMs = Date.now();
  const gate = await run(["gate", "--channel", channel]);
  rows.push({ name: "gate", durationMs: Date.now() - gateStartMs, note: channelNote() });
  return end(rows, startMs, gate);
}

/** Runs a command of ours on this terminal; Ctrl-C reaches it through the terminal. */
function run(args: readonly string[]): Promise<number> {
  say(`\n$ firn ${args.map((arg) => arg.replace(`${project}/`, "")).join(" ")}`);
  const child = spawn(process.execPath, [firn, ...args], { cwd: project, stdio: "inherit" });
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1))));
}

function testPhases(): PhaseRow[] {
  const file = join(reportFolder, "report.json");
  if (!existsSync(file)) return [];
  // Written by the test run just before.
  const { tests } = JSON.parse(readFileSync(file, "utf8")) as { readonly tests: readonly TestRow[] };
  const total = (phase: string): number =>
    tests
      .flatMap(({ phases }) => phases.filter(({ name }) => name === phase))
      .reduce((sum, { durationMs }) => sum + durationMs, 0);
  return [
    { name: "evaluate", durationMs: total("evaluate"), note: `${tests.length} tests` },
    { name: "build", durationMs: total("build"), note: "" },
    {
      name: "boot",
      durationMs: total("boot"),
      note: tests.flatMap(({ machines }) => machines.map(bootNote)).join("; "),
    },
    { name: "test", durationMs: total("test"), note: tests.map(({ name }) => name).join(", ") },
  ];
}

function bootNote({ name, boot }: TestRow["machines"][number]): string {
  const shell = boot.shellMs === null ? "no shell" : `shell ${formatDuration(boot.shellMs)}`;
  return boot.multiUserMs === null
    ? `${name} ${shell}`
    : `${name} ${shell}, multi-user ${formatDuration(boot.multiUserMs)}`;
}

function channelNote(): string {
  const pointer = join(defaultRoot(), "firn", "channels", channel);
  return existsSync(pointer) ? `${channel} -> ${realpathSync(pointer)}` : `${channel} has no release`;
}

function end(rows: readonly PhaseRow[], startMs: number, exitCode: number): number {
  say("");
  mkdirSync(reportFolder, { recursive: true });
  writeFileSync(join(reportFolder, "phases.json"), `${JSON.stringify(rows, null, 1)}\n`);
  for (const { name, durationMs, note } of rows)
    say(`${name.padEnd(10)} ${formatDuration(durationMs).padStart(10)}   ${note}`);
  say(`${"all".padEnd(10)} ${formatDuration(Date.now() - startMs).padStart(10)}`);
  say(`report     ${join(reportFolder, "index.html")}`);
  say(
    exitCode === 0
      ? "first light: everything passed and the channel stands at the tested release"
      : "the main job did not pass; the lines above say why",
  );
  return exitCode;
}
