/**
 * Who owns something on disk: a process id alone is reused, so the start time (clock ticks since boot) goes with it.
 * A process whose start time cannot be read is taken as dead.
 */
import { readFileSync } from "node:fs";

export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: number;
}

function readStartTicks(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const isZombie = fields[0] === "Z" || fields[0] === "X";
    return isZombie ? null : Number(fields[19]);
  } catch {
    return null;
  }
}

export function ownProcess(): ProcessIdentity {
  return { pid: process.pid, startTicks: readStartTicks(process.pid) ?? 0 };
}

export function isProcessAlive(identity: ProcessIdentity): boolean {
  return readStartTicks(identity.pid) === identity.startTicks;
}
