/** What one statement may be given. Objects for jsonb columns are passed as JSON text, arrays as `text[]`. */
export type SqlValue = string | number | boolean | Date | null | readonly string[];

/** Where statements run: the database itself, or a transaction of it. */
export interface Session {
  /** Runs one statement with `$1`-style parameters. The row type is the caller's promise about its own SQL. */
  query<Row extends object>(sql: string, parameters?: readonly SqlValue[]): Promise<Row[]>;
}

/**
 * The database of hydra-lite, over one connection: PGlite in a folder, or a PostgreSQL server. Both speak the same SQL, and
 * the same suite runs on both. Transactions are short: nothing in one waits for a build or a file.
 */
export interface Database extends Session, AsyncDisposable {
  readonly engine: "pglite" | "postgresql";
  /** All or nothing; statements of others wait until it is over. */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Runs several statements without parameters, in a transaction of their own. */
  script(sql: string): Promise<void>;
  close(): Promise<void>;
}

/** The only row of a statement that always gives one. */
export function oneRow<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined || rows.length !== 1) {
    throw new Error(`Expected one row, got ${rows.length}`);
  }
  return row;
}
