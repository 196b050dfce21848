/** One file to fetch. */
export interface DownloadRequest {
  readonly url: string;
  /** Physical path of the file to write; its folder exists, the file does not. */
  readonly targetPath: string;
  readonly onProgress: (doneBytes: number, totalBytes: number | null) => void;
  readonly signal: AbortSignal;
}
