import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BuildRecord } from "../model/build-record.ts";
import type { JobStore } from "./job-store.ts";

/** Protects the newest success of each job from collection, so that the next gate need not build it again. */
export function keepResults(store: JobStore, channel: string, builds: readonly BuildRecord[]): void {
  const folder = join(store.root, "firn/hydra-lite/roots", channel);
  mkdirSync(folder, { recursive: true });
  for (const { job, outputs, status } of builds) {
    for (const [output, path] of status === "succeeded" ? Object.entries(outputs) : []) {
      store.addIndirectRoot(join(folder, output === "out" ? job : `${job}-${output}`), path);
    }
  }
}
