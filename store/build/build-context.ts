/** What all builds of one run share. */
import type { LocalStore } from "../local/store-interface.ts";
import type { BuildEvent } from "./events.ts";
import type { Downloader } from "./fetch/downloader.ts";
import type { PathLocks } from "./path-locks.ts";
import type { LogPipes } from "./sandbox/log-pipe.ts";
import type { ScratchFolders } from "./scratch-folders.ts";

export interface BuildContext {
  readonly store: LocalStore;
  readonly locks: PathLocks;
  readonly downloader: Downloader;
  readonly pipes: LogPipes;
  readonly scratch: ScratchFolders;
  readonly cores: number;
  readonly keepFailed: boolean;
  readonly timeoutMs: number | null;
  readonly maxSilentMs: number | null;
  readonly emit: (event: BuildEvent) => void;
}
