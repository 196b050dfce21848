/**
 * What this driver has running, written down where the next driver can find it: one file a driver under
 * `<root>/firn/run/`, with its QEMU processes and its folder of sockets and disks. A driver that ends in order removes its
 * file; what a killed one left behind is cleaned by the next run.
 *
 * Invariants: a file is replaced by renaming, never half written; a QEMU is recorded before anything waits for it; nothing
 * is killed or removed for a driver that is alive, or by a process id that belongs to someone else now.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identifyProcess, isAlive, type ProcessIdentity } from "./process-identity.ts";

interface RecordFile {
  readonly driver: ProcessIdentity;
  readonly folder: string;
  readonly machines: readonly ProcessIdentity[];
}

/** What {@link cleanUpAfterDeadDrivers} found and removed. */
export interface CleanUpResult {
  readonly drivers: number;
  readonly killed: readonly number[];
}

export class RunRecord implements Disposable {
  /** A short path, since the name of a Unix socket has at most 107 bytes. */
  readonly folder: string;
  readonly #file: string;
  readonly #machines = new Map<number, ProcessIdentity>();

  private constructor(folder: string, file: string) {
    this.folder = folder;
    this.#file = file;
  }

  static open(runFolder: string): RunRecord {
    mkdirSync(runFolder, { recursive: true });
    const folder = mkdtempSync(join(tmpdir(), "firn-"));
    const record = new RunRecord(folder, join(runFolder, `${process.pid}-${folder.slice(-6)}.json`));
    record.#write();
    return record;
  }

  add(pid: number): void {
    const identity = identifyProcess(pid);
    if (identity === undefined) return;
    this.#machines.set(pid, identity);
    this.#write();
  }

  remove(pid: number): void {
    if (this.#machines.delete(pid)) this.#write();
  }

  /** Kills what is still running and forgets everything; for the end of the process, hence synchronous. */
  [Symbol.dispose](): void {
    for (const machine of this.#machines.values()) killProcess(machine);
    this.#machines.clear();
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(this.#file, { force: true });
  }

  #write(): void {
    const driver = identifyProcess(process.pid);
    if (driver === undefined) return;
    const content: RecordFile = { driver, folder: this.folder, machines: [...this.#machines.values()] };
    const temporary = `${this.#file}.new`;
    writeFileSync(temporary, JSON.stringify(content));
    renameSync(temporary, this.#file);
  }
}

/** Ends what drivers that no longer live have left: QEMU processes, sockets, disks. */
export function cleanUpAfterDeadDrivers(runFolder: string): CleanUpResult {
  const killed: number[] = [];
  let drivers = 0;
  for (const name of listRecords(runFolder)) {
    const file = join(runFolder, name);
    const record = readRecord(file);
    if (record === undefined || isAlive(record.driver)) continue;
    drivers += 1;
    for (const machine of record.machines) if (killProcess(machine)) killed.push(machine.pid);
    rmSync(record.folder, { recursive: true, force: true });
    rmSync(file, { force: true });
  }
  return { drivers, killed };
}

function listRecords(runFolder: string): string[] {
  try {
    return readdirSync(runFolder).filter((name) => /^\d+-.*\.json$/.test(name));
  } catch {
    return [];
  }
}

function readRecord(file: string): RecordFile | undefined {
  try {
    // Written by this class alone; a file of an older release is left alone by the check below.
    const record = JSON.parse(readFileSync(file, "utf8")) as Partial<RecordFile>;
    const { driver, folder, machines } = record;
    if (driver === undefined || folder === undefined || machines === undefined) return undefined;
    return folder.startsWith(join(tmpdir(), "firn-")) ? { driver, folder, machines } : undefined;
  } catch {
    return undefined;
  }
}

function killProcess(identity: ProcessIdentity): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}
