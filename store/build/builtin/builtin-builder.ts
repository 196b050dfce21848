import type { Derivation } from "../../formats/derivation-type.ts";
import type { LocalStore } from "../../local/store-interface.ts";
import type { Downloader } from "../fetch/downloader.ts";

/** What a builder that runs in our own process is given. */
export interface BuiltinTask {
  readonly derivation: Derivation;
  readonly store: LocalStore;
  readonly downloader: Downloader;
  /** Where the output `out` has to be made: a private place, which becomes the store path afterwards. */
  readonly outputPath: string;
  /** Folder for what is needed on the way; removed with the build. */
  readonly scratchFolder: string;
  /** Store paths that may be read. */
  readonly inputs: ReadonlySet<string>;
  readonly onProgress: (doneBytes: number, totalBytes: number | null) => void;
  readonly signal: AbortSignal;
}

export type BuiltinBuilder = (task: BuiltinTask) => Promise<void>;
