/**
 * Runs a command and tells what it took. Processor time and the largest process come from the kernel by way of GNU time;
 * while the command runs, the peaks of all its living processes are added up too, so that memory cannot hide in children.
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

export interface Sample {
  readonly wallMs: number;
  /** User and system time of the process and all that it waited for. */
  readonly cpuMs: number;
  readonly memoryMib: number;
}

export interface MeasuredRun extends Sample {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const SAMPLE_MS = 100;

export async function measuredRun(command: readonly string[], env: NodeJS.ProcessEnv): Promise<MeasuredRun> {
  const start = performance.now();
  const child = spawn("/usr/bin/time", ["-f", "firn-took %M %U %S", ...command], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 128));
  });
  let treePeakKib = 0;
  const sampler = setInterval(() => {
    if (child.pid !== undefined) treePeakKib = Math.max(treePeakKib, peakOfDescendants(child.pid));
  }, SAMPLE_MS);
  try {
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    const exitCode = await exited;
    const wallMs = performance.now() - start;
    const [stdout, stderr] = await output;
    const took = /^firn-took (\d+) ([\d.]+) ([\d.]+)$/m.exec(stderr);
    if (took === null) throw new Error(`${command.join(" ")}: ${stderr}`);
    const [, peakKib, user, system] = took.map(Number);
    return {
      wallMs,
      cpuMs: ((user ?? 0) + (system ?? 0)) * 1000,
      memoryMib: Math.max(peakKib ?? 0, treePeakKib) / 1024,
      exitCode,
      stdout,
      stderr: stderr.slice(0, took.index),
    };
  } finally {
    clearInterval(sampler);
  }
}

/** Sum of the peaks of resident memory of all processes below `pid`, in KiB. A process that has just ended counts nothing. */
function peakOfDescendants(pid: number): number {
  return childrenOf(pid).reduce((sum, child) => sum + peakOf(child) + peakOfDescendants(child), 0);
}

function peakOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readProc(`/proc/${pid}/status`))?.[1] ?? 0);
}

function childrenOf(pid: number): number[] {
  const folder = `/proc/${pid}/task`;
  let threads: string[];
  try {
    threads = readdirSync(folder);
  } catch {
    return [];
  }
  return threads.flatMap((thread) => (readProc(`${folder}/${thread}/children`).match(/\d+/g) ?? []).map(Number));
}

function readProc(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** The median of each number by itself. */
export function medianOf(samples: readonly Sample[]): Sample {
  const middle = (values: readonly number[]): number =>
    Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN);
  return {
    wallMs: middle(samples.map(({ wallMs }) => wallMs)),
    cpuMs: middle(samples.map(({ cpuMs }) => cpuMs)),
    memoryMib: middle(samples.map(({ memoryMib }) => memoryMib)),
  };
}
