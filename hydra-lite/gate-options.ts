import type { BuildOptions } from "#store/api.ts";
import type { Database } from "./db/database.ts";
import type { JobEvaluator, NixArgument } from "./eval/job-evaluator.ts";
import type { JobStore } from "./queue/job-store.ts";

/** What a gate is to judge, and where. */
export interface GateOptions {
  /** Firn's root: the store, the database and, unless told otherwise, cache and channels. Absolute. */
  readonly root: string;
  /** The Nix file whose jobs are built, e.g. `distro/release.nix`. */
  readonly releaseFile: string;
  /** `firn-unstable-small` unless told. */
  readonly channel?: string;
  /** The job that decides, `tested` unless told; when it is an aggregate, all its constituents must succeed too. */
  readonly gateJob?: string;
  /** Arguments for the release file's function, beside `firnSrc` and `channelName`, which are always given. */
  readonly arguments?: readonly NixArgument[];
  /** A test to break on purpose (`--argstr breakTest`). */
  readonly breakTest?: string;
  /** Where releases and pointers lie; `<root>/firn/channels` unless told. */
  readonly channelsFolder?: string;
  /** The binary cache that is filled with what is released; `<root>/firn/cache` unless told. */
  readonly cacheFolder?: string;
  /** Where users of the channel find that cache; `file://` and the cache's folder unless told. */
  readonly binaryCacheUrl?: string;
  /** Let the channel go back to an older revision. */
  readonly force?: boolean;
  /** `keepGoing`, `maxJobs`, time limits; `signal` ends the gate. */
  readonly build?: BuildOptions;
  /** `postgres://..`; `FIRN_HYDRA_DATABASE` unless told, the embedded database where that is not set either. */
  readonly databaseUrl?: string;
  /** Other implementations, for tests. */
  readonly parts?: GateParts;
}

export interface GateParts {
  readonly evaluator?: JobEvaluator;
  readonly store?: JobStore;
  readonly openDatabase?: () => Promise<Database>;
}
