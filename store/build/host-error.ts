/** Failures of the host that no build can do anything about, in words for its user. */
import { AppError } from "../std/app-error.ts";

const HOST_LACKS_EXIT_CODE = 3;

/** A full disk (or quota) becomes an AppError `STORE_DISK_FULL`; anything else stays what it is. */
export function toHostError(error: unknown): unknown {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code === "ENOSPC" || code === "EDQUOT" ? diskFull(error) : error;
}

export function diskFull(cause: unknown): AppError {
  return new AppError("STORE_DISK_FULL", "The disk that holds the store is full", {
    hint: "Free some space, for example with 'firn gc'; what was built so far is kept",
    exitCode: HOST_LACKS_EXIT_CODE,
    ...(cause === null ? {} : { cause }),
  });
}
