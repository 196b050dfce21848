/**
 * Sandboxes that outlive a killed run. bubblewrap's child asks to die with its parent only after the parent has let it go
 * on; a `kill -9` of the parent before that leaves the child waiting for ever, before it has started anything. It is known by
 * its output, which goes to the pipe in the scratch folder of the dead run.
 */
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";

const OUTPUT_FDS = ["1", "2"] as const;

/** Kills every process whose output goes to below `folder`; returns their ids. */
export function killLeftovers(folder: string): number[] {
  const leftovers = readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => pid !== process.pid && writesBelow(pid, `${folder}/`));
  return leftovers.filter(kill);
}

function writesBelow(pid: number, prefix: string): boolean {
  return OUTPUT_FDS.some((fd) => {
    try {
      return readlinkSync(join("/proc", String(pid), "fd", fd)).startsWith(prefix);
    } catch {
      // It ended, or it is somebody else's.
      return false;
    }
  });
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}
