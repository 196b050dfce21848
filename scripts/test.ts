/**
 * `npm test [stage...]`: everything that must hold before a change lands, in stages from quick to slow. Without a stage all
 * run, also after one has failed, so that one run shows all there is to mend.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const skipped = /(^|\/)(node_modules|\.toolchain|reports)\//;
const slow = /(^|\/)(tests|lang-tests|fuzz|vm-tests|bench)\//;
const testFiles = globSync("{ci,cli,distro,driver,evaluator,hydra-lite,scripts,store}/**/*.test.ts", { cwd: root })
  .filter((file) => !skipped.test(file))
  .toSorted();

const tool = (name: string): string => join(root, "node_modules", ".bin", name);
const report = ["--test-reporter=spec"];

/** For one test: far more than any takes; one that hangs must not hold everything up. */
const timeoutMs = 600_000;

interface Stage {
  readonly name: string;
  readonly commands: readonly (readonly string[])[];
}

const stages: readonly Stage[] = [
  { name: "types", commands: [[tool("tsc"), "--noEmit"]] },
  { name: "lint", commands: [[tool("biome"), "check", "--error-on-warnings", "."]] },
  // One process for all: the start of a process costs more than most of these files take.
  {
    name: "unit",
    commands: [["node", "--test", "--test-isolation=none", ...report, ...testFiles.filter((file) => !slow.test(file))]],
  },
  {
    name: "integration",
    commands: [
      [
        "node",
        "--test",
        "--test-concurrency=2",
        `--test-timeout=${timeoutMs}`,
        ...report,
        ...testFiles.filter((file) => slow.test(file)),
      ],
    ],
  },
  {
    name: "vm",
    commands: [[join(root, "bin", "firn"), "test", "--report", join(root, "reports", "vm-tests"), "vm-tests"]],
  },
];

process.exitCode = run(process.argv.slice(2));

function run(names: readonly string[]): number {
  const unknown = names.filter((name) => !stages.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    process.stderr.write(
      `error: There is no stage '${unknown.join("', '")}'\nhint: the stages are ${stages.map(({ name }) => name).join(", ")}\n`,
    );
    return 2;
  }
  const chosen = stages.filter(({ name }) => names.length === 0 || names.includes(name));
  const results = chosen.map(runStage);
  process.stdout.write(
    `\n${results.map(({ name, ok, seconds }) => `${ok ? "ok    " : "FAILED"} ${name.padEnd(12)} ${seconds.toFixed(1)} s`).join("\n")}\n`,
  );
  const failed = results.filter(({ ok }) => !ok).length;
  process.stdout.write(`stages: ${results.length - failed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

function runStage({ name, commands }: Stage): {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
} {
  process.stdout.write(`\n--- ${name}\n`);
  const start = Date.now();
  const ok = commands.every(
    ([program = "", ...args]) =>
      spawnSync(program, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] }).status === 0,
  );
  return { name, ok, seconds: (Date.now() - start) / 1000 };
}
