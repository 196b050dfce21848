/** One file to fetch. */
export interface DownloadRequest {
  readonly url: string;
  /** Physical path of the file to write; its folder exists, the file does not. */
  readonly targetPath: string;
  readonly onProgress: (doneBytes: number, totalBytes: number | null) => void;
  readonly signal: AbortSignal;
  /** Of an earlier answer: as long as the server has that version, nothing is written. */
  readonly knownETag?: string;
}

/** What a server said of a file's version. */
export interface DownloadAnswer {
  readonly etag: string | null;
  /** The version is the known one, and nothing was written. */
  readonly isUnchanged: boolean;
}
