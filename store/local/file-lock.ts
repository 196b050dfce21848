/**
 * flock(2), which Nix's lock files are about and Node does not have. A flock belongs to the open file, not to the process
 * that asked for it: so a short-lived `flock` of util-linux, which inherits our file descriptor, takes the lock, ends,
 * and leaves us holding it. It is gone when we close the file or die, however we die.
 */
import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { AppError } from "../std/app-error.ts";
import { fsPath } from "../std/byte-string.ts";

const WOULD_BLOCK_EXIT_CODE = 75;

export function openLockFile(path: string): number {
  return openSync(fsPath(path), constants.O_RDWR | constants.O_CREAT, 0o600);
}

/**
 * Locks an open file. The process waits, with its event loop stopped, when `wait` is true.
 * @returns false when another holds it and `wait` is false
 * @throws AppError `STORE_NO_FLOCK`
 */
export function lockFile(fd: number, mode: "shared" | "exclusive" | "unlock", wait: boolean): boolean {
  const flag = { shared: "--shared", exclusive: "--exclusive", unlock: "--unlock" }[mode];
  const args = [flag, ...(wait ? [] : ["--nonblock", "-E", String(WOULD_BLOCK_EXIT_CODE)]), "3"];
  const result = spawnSync("flock", args, { stdio: ["ignore", "ignore", "pipe", fd], encoding: "utf8" });
  if (result.status === 0) return true;
  if (result.status === WOULD_BLOCK_EXIT_CODE) return false;
  throw new AppError("STORE_NO_FLOCK", "Cannot lock a file of the store with 'flock'", {
    hint: "Install it with 'apt-get install util-linux'",
    details: result.stderr ?? "",
    cause: result.error,
    exitCode: 3,
  });
}

/** Runs `body` with the lock held. */
export function withFileLock<T>(path: string, mode: "shared" | "exclusive", body: () => T): T {
  const fd = openLockFile(path);
  try {
    lockFile(fd, mode, true);
    return body();
  } finally {
    closeSync(fd);
  }
}
