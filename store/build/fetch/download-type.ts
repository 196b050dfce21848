import type { Hash } from "../../formats/hash.ts";

/** One file to fetch. */
export interface DownloadRequest {
  readonly url: string;
  /** Physical path of the file to write; its folder exists, the file does not. */
  readonly targetPath: string;
  /** Hash of the file's bytes where it is known, so that a tool that can check early does. */
  readonly expected: Hash | null;
  readonly onProgress: (doneBytes: number, totalBytes: number | null) => void;
  readonly signal: AbortSignal;
}
