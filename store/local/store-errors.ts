/**
 * Turns what the disk and SQLite report into errors that a user can act on. A full disk is one code wherever it struck.
 */
import { AppError } from "../std/app-error.ts";
import { systemErrorCode } from "../std/system-error.ts";

const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_CORRUPT = 11;
const SQLITE_CANTOPEN = 14;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;
const DISK_FULL_CODES: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

/** SQLite's primary result code, or null. */
function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return null;
  return error.errcode & 255;
}

/** Permission denied for something of the store, not for a source that is being added. */
function isDeniedInside(error: unknown, root: string): boolean {
  const code = systemErrorCode(error);
  if (code !== "EACCES" && code !== "EPERM") return false;
  return error instanceof Error && "path" in error && String(error.path).startsWith(root);
}

/** The error as users shall see it; errors that are nobody's to expect stay as they are. */
export function toStoreError(error: unknown, root: string): unknown {
  const sqlite = sqliteCode(error);
  const system = systemErrorCode(error) ?? "";
  if (sqlite === SQLITE_FULL || DISK_FULL_CODES.has(system)) {
    return new AppError("STORE_DISK_FULL", `Cannot write to the store at '${root}': the disk is full`, {
      hint: "Free some space, for example with 'nix-store --gc', and try again; what was finished is kept",
      cause: error,
      exitCode: 3,
    });
  }
  if (system === "EROFS" || sqlite === SQLITE_READONLY || sqlite === SQLITE_CANTOPEN || isDeniedInside(error, root)) {
    return new AppError("STORE_READ_ONLY", `Cannot write to the store at '${root}': you may not, or it is read-only`, {
      hint: "Set FIRN_ROOT to a folder of your own, or become the owner of this one",
      cause: error,
      exitCode: 3,
    });
  }
  if (sqlite === SQLITE_BUSY) {
    return new AppError("STORE_BUSY", `Cannot lock the database of the store at '${root}'`, {
      hint: "Another process holds it for very long; see which with 'fuser -v' on db.sqlite",
      cause: error,
    });
  }
  if (sqlite === SQLITE_CORRUPT || sqlite === SQLITE_NOTADB) {
    return new AppError("STORE_DATABASE_CORRUPT", `The database of the store at '${root}' is damaged`, {
      cause: error,
    });
  }
  return error;
}

/** Runs `action` with its errors passed through {@link toStoreError}. */
export function withStoreErrors<T>(root: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw toStoreError(error, root);
  }
}
