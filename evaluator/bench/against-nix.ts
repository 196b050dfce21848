/**
 * Times evaluations of the distro against real `nix-instantiate` on the same machine, in one run, process against process
 * and in turn. Prints a JSON object a line: medians of wall time and of peak memory, and their ratios (below 1: we are
 * ahead). `node evaluator/bench/against-nix.ts [--rounds 5]`
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" } } });
const rounds = Number(values.rounds);
const project = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "firn-bench-"));

const works: readonly { readonly name: string; readonly args: readonly string[] }[] = [
  { name: "eval 1", args: ["--eval", "-E", "1"] },
  { name: "hello", args: [join(project, "distro"), "-A", "hello"] },
  { name: "machine of vm-tests/boot.nix", args: ["-E", clusterOf("boot")] },
  { name: "two machines of vm-tests/first-light.nix", args: ["-E", clusterOf("first-light")] },
];

interface Sample {
  readonly wallMs: number;
  readonly memoryMib: number;
}

try {
  for (const { name, args } of works) {
    const ours: Sample[] = [];
    const theirs: Sample[] = [];
    for (let round = 0; round <= rounds; round++) {
      const pair = [
        measure([join(project, "bin", "compat", "nix-instantiate"), "--store", join(folder, "ours"), ...args]),
        measure(["nix-instantiate", "--store", join(folder, "theirs"), ...args]),
      ] as const;
      // The first of each warms the caches of files.
      if (round === 0) continue;
      ours.push(pair[0]);
      theirs.push(pair[1]);
    }
    const line = { bench: "evaluate", work: name, firn: median(ours), nix: median(theirs) };
    const ratios = {
      wallRatio: round2(line.firn.wallMs / line.nix.wallMs),
      memoryRatio: round2(line.firn.memoryMib / line.nix.memoryMib),
    };
    process.stdout.write(`${JSON.stringify({ ...line, ...ratios })}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function clusterOf(test: string): string {
  const library = join(project, "distro", "nixos", "lib", "testing", "cluster-from-file.nix");
  return `import ${library} { file = ${join(project, "vm-tests", `${test}.nix`)}; name = "${test}"; }`;
}

/** Wall time by us, peak memory of the process by the kernel (GNU time reads it when the process ends). */
function measure(command: readonly string[]): Sample {
  const start = performance.now();
  const result = spawnSync("/usr/bin/time", ["-f", "firn-peak %M", ...command], { encoding: "utf8" });
  const wallMs = performance.now() - start;
  const peakKib = /firn-peak (\d+)/.exec(result.stderr)?.[1];
  if (result.status !== 0 || peakKib === undefined)
    throw new Error(`${command.join(" ")}: ${result.error?.message ?? result.stderr}`);
  return { wallMs, memoryMib: Number(peakKib) / 1024 };
}

function median(samples: readonly Sample[]): Sample {
  const middle = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  return {
    wallMs: Math.round(middle(samples.map(({ wallMs }) => wallMs))),
    memoryMib: Math.round(middle(samples.map(({ memoryMib }) => memoryMib))),
  };
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
