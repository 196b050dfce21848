/**
 * Which accelerator this host really has. /dev/kvm that opens and answers its version proves nothing, so code is run
 * (probe-guest.ts). The answer is kept for as long as the host is up, since it cannot change in between.
 */
import { spawn } from "node:child_process";
import { accessSync, constants, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requireProgram } from "../host/find-program.ts";
import { hostBootId } from "../host/process-identity.ts";
import type { AcceleratorName } from "../machine/qemu-arguments.ts";
import { probeGuestImage, probePassedStatus } from "./probe-guest.ts";

/** What machines run on, and why. */
export interface Accelerator {
  readonly name: AcceleratorName;
  /** One line for a person: `KVM: passed the probe in 40 ms`. */
  readonly reason: string;
}

/** A healthy host needs 40 ms; a broken one stalls for ever. */
const probeLimitMs = 2_000;

/** Probes once per boot of the host and CPU model; the answer is kept under `runFolder`. */
export async function probeAccelerator(cpu: string, runFolder: string): Promise<Accelerator> {
  const key = `${hostBootId()} ${cpu}`;
  const file = join(runFolder, "accelerator.json");
  const known = readKnown(file);
  const found = known[key];
  if (found !== undefined) return found;
  const accelerator = await decide(cpu);
  mkdirSync(runFolder, { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify({ ...known, [key]: accelerator }));
  renameSync(temporary, file);
  return accelerator;
}

async function decide(cpu: string): Promise<Accelerator> {
  if (process.arch !== "x64")
    return { name: "tcg", reason: `TCG: there is no probe for host processors of type '${process.arch}'` };
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
  } catch {
    return { name: "tcg", reason: "TCG: /dev/kvm cannot be opened" };
  }
  const start = performance.now();
  const outcome = await runProbe("kvm", cpu);
  const tookMs = Math.round(performance.now() - start);
  if (outcome.passed) return { name: "kvm", reason: `KVM: passed the probe in ${tookMs} ms` };
  return { name: "tcg", reason: `TCG: /dev/kvm is there but cannot run a kernel (${outcome.reason})` };
}

/** Runs the probe guest to its end; never longer than two seconds. */
export async function runProbe(
  accelerator: AcceleratorName,
  cpu: string,
): Promise<{ readonly passed: boolean; readonly reason: string }> {
  const { mkdtemp, rm, writeFile } = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  const folder = await mkdtemp(join(tmpdir(), "firn-probe-"));
  try {
    const firmware = join(folder, "probe.bin");
    await writeFile(firmware, probeGuestImage());
    return await runGuest(firmware, accelerator, cpu);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runGuest(
  firmware: string,
  accelerator: AcceleratorName,
  cpu: string,
): Promise<{ passed: boolean; reason: string }> {
  const bare = ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-m", "16"];
  const exit = ["-device", "isa-debug-exit,iobase=0xf4,iosize=1"];
  const argv = ["-accel", accelerator, "-cpu", cpu, "-M", "pc,acpi=off", ...bare, "-bios", firmware, ...exit];
  const child = spawn(requireProgram("qemu-system-x86_64"), argv, { stdio: ["ignore", "ignore", "pipe"] });
  return new Promise((resolve) => {
    let reason = "";
    const giveUp = (why: string): void => {
      reason ||= why;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(() => giveUp(`no end within ${probeLimitMs / 1000} s`), probeLimitMs);
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (/internal error|emulation failure|failed entry/i.test(text)) giveUp("an internal error of KVM");
    });
    child.once("error", (error) => giveUp(error.message));
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ passed: reason === "" && code === probePassedStatus, reason: reason || `exit status ${code}` });
    });
  });
}

/** A file of this module alone; anything else counts as empty. */
function readKnown(file: string): Record<string, Accelerator> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, Accelerator>;
  } catch {
    return {};
  }
}
