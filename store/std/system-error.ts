/** Errors of system calls, told apart by their code. */

/** `ENOENT` and the like, or null for anything that is no error of a system call. */
export function systemErrorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}

/** Runs `action`; undefined when it fails with exactly this code. */
export function ignoreCode<T>(code: string, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (systemErrorCode(error) === code) return undefined;
    throw error;
  }
}
