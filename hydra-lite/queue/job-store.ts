import type { BuildOptions, BuildRun, BuildTarget, LocalStore } from "#store/api.ts";

/** What hydra-lite asks of a store. */
export interface JobStore
  extends Pick<
    LocalStore,
    "root" | "storeDir" | "physicalPath" | "readDerivation" | "computeClosure" | "addIndirectRoot" | "close"
  > {
  /** Where the log of a derivation's last build is kept, relative to the root. */
  logPath(drvPath: string): string;
  build(targets: readonly BuildTarget[], options: BuildOptions): BuildRun;
  /** Makes the paths fetchable from a binary cache in `folder`; those that are there already cost nothing. */
  exportCache(paths: readonly string[], folder: string): Promise<void>;
}
