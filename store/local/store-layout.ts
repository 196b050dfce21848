/** Where things are under a root; names and modes as Nix makes them, so that real Nix opens the same root. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DEFAULT_STORE_DIR } from "../formats/store-path.ts";
import { AppError } from "../std/app-error.ts";
import { ignoreCode } from "../std/system-error.ts";

/** Version of Nix's database schema that we read and write. */
export const SCHEMA_VERSION = "10";
const RESERVED_BYTES = 8 * 1024 * 1024;

export interface StoreLayout {
  /** Absolute; empty for the root folder of the system. */
  readonly root: string;
  readonly storeDir: string;
  readonly physicalStoreDir: string;
  readonly stateDir: string;
  readonly logDir: string;
  readonly databasePath: string;
  readonly reservedPath: string;
  readonly gcLockPath: string;
  /** Is there while a collection runs. */
  readonly gcSocketPath: string;
  readonly gcRootsDir: string;
  readonly profilesDir: string;
  readonly tempRootsDir: string;
}

export function storeLayout(root: string): StoreLayout {
  const absolute = resolve(root);
  const prefix = absolute === "/" ? "" : absolute;
  const stateDir = `${prefix}/nix/var/nix`;
  return {
    root: absolute,
    storeDir: DEFAULT_STORE_DIR,
    physicalStoreDir: `${prefix}${DEFAULT_STORE_DIR}`,
    stateDir,
    logDir: `${prefix}/nix/var/log/nix`,
    databasePath: `${stateDir}/db/db.sqlite`,
    reservedPath: `${stateDir}/db/reserved`,
    gcLockPath: `${stateDir}/gc.lock`,
    gcSocketPath: `${stateDir}/gc-socket/socket`,
    gcRootsDir: `${stateDir}/gcroots`,
    profilesDir: `${stateDir}/profiles`,
    tempRootsDir: `${stateDir}/temproots`,
  };
}

/**
 * Makes what is missing. Any number of processes may do so at once.
 * @throws AppError `STORE_BAD_SCHEMA` when another version of the schema is there, `STORE_BAD_ROOT`
 */
export function createLayout(layout: StoreLayout): void {
  if (existsSync(layout.databasePath) && isCurrentSchema(layout)) return;
  if (statSync(layout.root, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new AppError("STORE_BAD_ROOT", `Cannot keep a store at '${layout.root}': it is not a folder`);
  }
  const folders = [layout.physicalStoreDir, join(layout.physicalStoreDir, ".links"), layout.tempRootsDir];
  folders.push(join(layout.gcRootsDir, "auto"), join(layout.profilesDir, "per-user"), join(layout.logDir, "drvs"));
  folders.push(join(layout.stateDir, "db"));
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  ignoreCode("EEXIST", () => symlinkSync(layout.profilesDir, join(layout.gcRootsDir, "profiles")));
  writeFileSync(join(layout.stateDir, "db", "big-lock"), "", { flag: "a", mode: 0o600 });
  if (!existsSync(layout.reservedPath)) reserveSpace(layout);
}

/** Room that a collection on a full disk gives back to the database before it starts. */
export function reserveSpace(layout: StoreLayout): void {
  const isWritten = ignoreCode("ENOSPC", () => {
    writeFileSync(layout.reservedPath, Buffer.alloc(RESERVED_BYTES, "X"), { mode: 0o600 });
    return true;
  });
  if (isWritten !== true) rmSync(layout.reservedPath, { force: true });
}

function schemaPath(layout: StoreLayout): string {
  return join(layout.stateDir, "db", "schema");
}

function isCurrentSchema(layout: StoreLayout): boolean {
  const text = ignoreCode("ENOENT", () => readFileSync(schemaPath(layout), "latin1"))?.trim();
  if (text === undefined || text === "") return false;
  if (text === SCHEMA_VERSION) return true;
  throw new AppError("STORE_BAD_SCHEMA", `The store at '${layout.root}' has schema version ${text}, not 10`, {
    hint: "Use another root, or the Nix version that made this one",
  });
}

/** Written last, when the tables are there. */
export function markSchema(layout: StoreLayout): void {
  if (!isCurrentSchema(layout)) writeFileSync(schemaPath(layout), SCHEMA_VERSION);
}
