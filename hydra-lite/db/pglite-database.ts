import { join } from "node:path";
import type { PGlite, Transaction } from "@electric-sql/pglite";
import type { Database, Session, SqlValue } from "./database.ts";
import { lockFolder } from "./folder-lock.ts";

/**
 * Opens the embedded PostgreSQL in `folder`, which one process may have open at a time. The first time makes the cluster
 * (about 2 s), later 0.3 s; the engine takes some 400 MB, so it is loaded here and not at the program's start.
 */
export async function openPgliteDatabase(folder: string): Promise<Database> {
  const lock = lockFolder(folder, "hydra-lite's database");
  try {
    const { PGlite } = await import("@electric-sql/pglite");
    const engine = await PGlite.create(join(folder, "db"));
    return databaseOver(engine, lock.release);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function databaseOver(engine: PGlite, release: () => void): Database {
  const close = async (): Promise<void> => {
    if (!engine.closed) {
      await engine.close();
      release();
    }
  };
  return {
    ...sessionOver(engine),
    engine: "pglite",
    transaction: (work) => engine.transaction((transaction) => work(sessionOver(transaction))),
    script: async (sql) => {
      await engine.transaction((transaction) => transaction.exec(sql));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function sessionOver(engine: Pick<Transaction, "query">): Session {
  return {
    query: async <Row extends object>(sql: string, parameters: readonly SqlValue[] = []) =>
      (await engine.query<Row>(sql, [...parameters])).rows,
  };
}
