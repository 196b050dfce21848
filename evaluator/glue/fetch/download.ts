/**
 * Downloads for an evaluation, which cannot wait for a promise: a process of its own runs the store's downloader. Local
 * files need none.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { EvalIoError } from "../../io.ts";

const program = fileURLToPath(new URL("download-process.ts", import.meta.url));

interface DownloadOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Of what was downloaded before; when the server still has that, nothing is written. */
  readonly knownETag?: string | null;
}

export interface DownloadAnswer {
  readonly etag: string | null;
  readonly isUnchanged: boolean;
}

/** @throws EvalIoError */
export function downloadFile(url: string, targetPath: string, options: DownloadOptions): DownloadAnswer {
  if (!url.startsWith("file:")) return downloadByProcess(url, targetPath, options);
  copyLocal(url, targetPath);
  return { etag: null, isUnchanged: false };
}

function downloadByProcess(url: string, targetPath: string, options: DownloadOptions): DownloadAnswer {
  const { environment, knownETag } = options;
  const known = knownETag === undefined || knownETag === null ? [] : [knownETag];
  const args = ["--disable-warning=ExperimentalWarning", program, url, targetPath, ...known];
  const run = spawnSync(process.execPath, args, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  if (run.error !== undefined) throw new EvalIoError("other", `cannot download '${url}': ${run.error.message}`);
  // Written by our own process.
  if (run.status === 0) return JSON.parse(run.stdout.toString("utf8")) as DownloadAnswer;
  const [message = "", hint] = run.stderr.toString("latin1").trim().split("\nhint: ");
  const why = message.replace(/^Cannot fetch '[^']*': /, "");
  throw new EvalIoError("other", `unable to download '${url}': ${why}`, hint === undefined ? {} : { hint });
}

function copyLocal(url: string, targetPath: string): void {
  try {
    copyFileSync(fileURLToPath(url), targetPath);
    chmodSync(targetPath, 0o644);
  } catch (cause) {
    const isAbsent = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const why = isAbsent ? "No such file or directory" : String(cause);
    throw new EvalIoError("not-found", `unable to download '${url}': ${why}`, { cause });
  }
}
