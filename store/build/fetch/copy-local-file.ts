import { chmodSync, copyFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AppError } from "../../std/app-error.ts";
import { systemErrorCode } from "../../std/system-error.ts";
import type { DownloadRequest } from "./download-type.ts";

/** `file:` URLs. @throws AppError `STORE_FETCH_GONE` when there is no such file, `STORE_FETCH_FAILED` */
export function copyLocalFile({ url, targetPath }: DownloadRequest): void {
  try {
    copyFileSync(fileURLToPath(url), targetPath);
    chmodSync(targetPath, 0o644);
  } catch (cause) {
    const systemCode = systemErrorCode(cause);
    if (systemCode === "ENOSPC") throw cause;
    const code = systemCode === "ENOENT" ? "STORE_FETCH_GONE" : "STORE_FETCH_FAILED";
    throw new AppError(code, `Cannot fetch '${url}': the file cannot be read`, { cause });
  }
}
