/** Why a sandbox could not be made, in words that say what to do. */
import { readFileSync } from "node:fs";
import { AppError } from "../../std/app-error.ts";
import { systemErrorCode } from "../../std/system-error.ts";

const HOST_LACKS_EXIT_CODE = 3;

function readSetting(path: string): number | null {
  try {
    return Number(readFileSync(path, "latin1").trim());
  } catch {
    return null;
  }
}

/** Root on a host without user namespaces can still build; the builder is then root without capabilities. */
export function hasUserNamespaces(): boolean {
  return readSetting("/proc/sys/user/max_user_namespaces") !== 0;
}

/** @param spawnError why bubblewrap did not start, or null when it started and failed (its words are in the log) */
export function explainSandboxFailure(spawnError: Error | null): AppError {
  if (systemErrorCode(spawnError) === "ENOENT") {
    return new AppError("HOST_NO_BUBBLEWRAP", "Program 'bwrap', which makes the sandbox of a build, is not installed", {
      hint: "sudo apt-get install bubblewrap",
      cause: spawnError,
      exitCode: HOST_LACKS_EXIT_CODE,
    });
  }
  const cause = spawnError === null ? {} : { cause: spawnError };
  const blocker = namespaceBlocker();
  if (blocker !== null) {
    return new AppError("HOST_NO_USER_NAMESPACES", "This host does not let users make sandboxes", {
      hint: blocker,
      exitCode: HOST_LACKS_EXIT_CODE,
      ...cause,
    });
  }
  return new AppError("STORE_SANDBOX_FAILED", "Cannot start the builder in a sandbox", cause);
}

function namespaceBlocker(): string | null {
  if (process.getuid?.() === 0) return null;
  if (readSetting("/proc/sys/kernel/unprivileged_userns_clone") === 0)
    return "sudo sysctl kernel.unprivileged_userns_clone=1";
  if (!hasUserNamespaces()) return "sudo sysctl user.max_user_namespaces=15000";
  if (readSetting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") === 1) {
    return "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0";
  }
  return null;
}
