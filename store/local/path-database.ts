/**
 * The store's database over node:sqlite: all SQL is here. One object a thread; any number of threads and processes, and
 * real Nix, may have the same file open.
 * Invariants:
 * 1. Writes happen inside {@link PathDatabase.transaction}, which takes SQLite's write lock at once (BEGIN IMMEDIATE), so
 *    it never has to be upgraded half way. The kernel drops that lock with a process that dies.
 * 2. WAL, synchronous = NORMAL: kill -9 loses nothing committed; a power cut may lose the last commits, whole.
 * 3. A path is valid from the commit of its row on, and only then.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { SCHEMA_SQL } from "./schema.ts";
import type { NewPathInfo, PathInfo } from "./store-interface.ts";

const BUSY_TIMEOUT_MS = 600_000;
/** As Nix has it: a long evaluation writes its derivations between two checkpoints. */
const CHECKPOINT_PAGES = 40_000;

type Row = Record<string, unknown>;

/** The whole database by number: what a collection needs, in two reads. */
export interface ReferenceGraph {
  readonly paths: readonly GraphPath[];
  /** Self references left out. */
  readonly edges: readonly GraphEdge[];
}

export interface GraphPath {
  readonly id: number;
  readonly path: string;
  readonly deriver: string | null;
  readonly narSizeBytes: number;
}

export interface GraphEdge {
  readonly referrer: number;
  readonly reference: number;
}

export class PathDatabase {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #depth = 0;

  constructor(path: string) {
    this.#database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
    this.#useWal();
    this.#database.exec(`pragma synchronous = normal; pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  }

  /** Changing the mode needs the file for oneself and does not wait for it, so it is asked first and tried again. */
  #useWal(): void {
    for (let attempt = 0; ; attempt++) {
      if (this.#get("pragma main.journal_mode")?.["journal_mode"] === "wal") return;
      try {
        this.#database.exec("pragma main.journal_mode = wal");
      } catch (error) {
        if (attempt >= 1000) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      }
    }
  }

  createTables(): void {
    if (this.#get("select 1 from sqlite_master where name = 'IndexDerivationOutputs'") !== undefined) return;
    this.transaction(() => this.#database.exec(SCHEMA_SQL));
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values);
  }

  #column(sql: string, ...values: SQLInputValue[]): string[] {
    return this.#prepare(sql)
      .all(...values)
      .map((row) => String(row["path"]));
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#prepare(sql).run(...values);
  }

  /** Runs `body` with the write lock held; all or nothing. May nest; the outermost commits. */
  transaction<T>(body: () => T): T {
    if (this.#depth > 0) return body();
    this.#run("begin immediate");
    this.#depth++;
    try {
      const result = body();
      this.#run("commit");
      return result;
    } catch (error) {
      // SQLite itself rolls back on a full disk; a second rollback would hide the reason.
      if (this.#database.isTransaction) this.#run("rollback");
      throw error;
    } finally {
      this.#depth--;
    }
  }

  idOf(path: string): number | null {
    const row = this.#get("select id from ValidPaths where path = ?", path);
    return row === undefined ? null : Number(row["id"]);
  }

  pathInfo(path: string): PathInfo | null {
    const row = this.#get(
      "select id, hash, registrationTime, deriver, narSize, ultimate, sigs, ca from ValidPaths where path = ?",
      path,
    );
    return row === undefined ? null : this.#toPathInfo(path, row);
  }

  #toPathInfo(path: string, row: Row): PathInfo {
    return {
      path,
      narHash: String(row["hash"]),
      narSizeBytes: Number(row["narSize"] ?? 0),
      references: this.references(Number(row["id"])),
      deriver: textOrNull(row["deriver"]),
      registrationTimeS: Number(row["registrationTime"]),
      ca: textOrNull(row["ca"]),
      signatures: (textOrNull(row["sigs"]) ?? "").split(" ").filter((signature) => signature !== ""),
      ultimate: row["ultimate"] === 1,
    };
  }

  references(id: number): string[] {
    return this.#column("select path from Refs join ValidPaths on reference = id where referrer = ? order by path", id);
  }

  referrers(path: string): string[] {
    return this.#column(
      "select path from Refs join ValidPaths on referrer = id where reference = (select id from ValidPaths where path = ?) order by path",
      path,
    );
  }

  validDerivers(path: string): string[] {
    return this.#column(
      "select v.path as path from DerivationOutputs d join ValidPaths v on d.drv = v.id where d.path = ? order by v.path",
      path,
    );
  }

  derivationOutputs(drvPath: string): Map<string, string> {
    const rows = this.#prepare(
      "select d.id as id, d.path as path from DerivationOutputs d join ValidPaths v on d.drv = v.id where v.path = ? order by d.id",
    ).all(drvPath);
    return new Map(rows.map((row) => [String(row["id"]), String(row["path"])]));
  }

  /** The first valid path at or after this prefix; the caller checks that it has it. */
  firstPathFrom(prefix: string): string | null {
    return textOrNull(this.#get("select path from ValidPaths where path >= ? limit 1", prefix)?.["path"]);
  }

  allPaths(): string[] {
    return this.#column("select path from ValidPaths order by path");
  }

  referenceGraph(): ReferenceGraph {
    const paths: GraphPath[] = [];
    for (const row of this.#rows("select id, path, deriver, narSize from ValidPaths")) {
      const [id, path, deriver, narSize] = row;
      paths.push({
        id: Number(id),
        path: String(path),
        deriver: textOrNull(deriver),
        narSizeBytes: Number(narSize ?? 0),
      });
    }
    const edges: GraphEdge[] = [];
    for (const [referrer, reference] of this.#rows(
      "select referrer, reference from Refs where referrer <> reference",
    )) {
      edges.push({ referrer: Number(referrer), reference: Number(reference) });
    }
    return { paths, edges };
  }

  /** Rows as arrays, one at a time. */
  #rows(sql: string): Iterable<readonly unknown[]> {
    const statement = this.#database.prepare(sql);
    statement.setReturnArrays(true);
    // What setReturnArrays makes of the rows, the type of `iterate` does not tell.
    return statement.iterate() as unknown as Iterable<readonly unknown[]>;
  }

  /** References of a path by number, for walks. */
  referenceIds(id: number): number[] {
    return this.#prepare("select reference from Refs where referrer = ?")
      .all(id)
      .map((row) => Number(row["reference"]));
  }

  pathOfId(id: number): string {
    return String(this.#get("select path from ValidPaths where id = ?", id)?.["path"]);
  }

  /** Adds the row of a path, or brings it up to date; returns its number. References come after, when all rows are there. */
  upsertPath(info: NewPathInfo, registrationTimeS: number): number {
    const signatures = (info.signatures ?? []).join(" ");
    this.#run(
      `insert into ValidPaths (path, hash, registrationTime, deriver, narSize, ultimate, sigs, ca) values (?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (path) do update set hash = excluded.hash, narSize = excluded.narSize, ultimate = excluded.ultimate, sigs = excluded.sigs, ca = excluded.ca`,
      info.path,
      info.narHash,
      registrationTimeS,
      info.deriver ?? null,
      info.narSizeBytes,
      info.ultimate === true ? 1 : null,
      signatures === "" ? null : signatures,
      info.ca ?? null,
    );
    return this.idOf(info.path) ?? 0;
  }

  /** Adds the row of a path that has none; returns its number. */
  insertPath(info: NewPathInfo, registrationTimeS: number): number {
    const result = this.#prepare(
      "insert into ValidPaths (path, hash, registrationTime, deriver, narSize, ca) values (?, ?, ?, ?, ?, ?)",
    ).run(info.path, info.narHash, registrationTimeS, info.deriver ?? null, info.narSizeBytes, info.ca ?? null);
    return Number(result.lastInsertRowid);
  }

  addReference(referrer: number, reference: number): void {
    this.#run("insert or replace into Refs (referrer, reference) values (?, ?)", referrer, reference);
  }

  addDerivationOutput(drvId: number, outputName: string, path: string): void {
    this.#run("insert or replace into DerivationOutputs (drv, id, path) values (?, ?, ?)", drvId, outputName, path);
  }

  /** Fails when a valid path still refers to it. */
  deletePath(path: string): void {
    this.#run("delete from ValidPaths where path = ?", path);
  }

  setSignatures(path: string, signatures: readonly string[]): void {
    this.#run("update ValidPaths set sigs = ? where path = ?", signatures.join(" ") || null, path);
  }

  /** Problems that SQLite itself finds. */
  integrityProblems(): string[] {
    const rows = this.#database.prepare("pragma integrity_check").all();
    return rows.map((row) => String(row["integrity_check"])).filter((line) => line !== "ok");
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
