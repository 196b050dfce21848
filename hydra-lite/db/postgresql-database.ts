import type { Client } from "pg";
import { AppError } from "#store/std/app-error.ts";
import type { Database, Session, SqlValue } from "./database.ts";

/** Connects to a PostgreSQL server by URL (`postgres://user@host/name`; a socket folder as `?host=/run/postgresql`). */
export async function openPostgresqlDatabase(url: string): Promise<Database> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: url, application_name: "firn hydra-lite" });
  try {
    await client.connect();
  } catch (cause) {
    throw new AppError("HYDRA_DATABASE_UNREACHABLE", `Cannot connect to PostgreSQL: ${reasonOf(cause)}`, {
      hint: "Check FIRN_HYDRA_DATABASE, or unset it to use the embedded database",
      cause,
    });
  }
  // A lost connection shows in the statement that needed it; without a listener Node would end the process first.
  client.on("error", () => {});
  return databaseOver(client);
}

/** One connection serves all, so whole transactions take turns with single statements. */
function databaseOver(client: Client): Database {
  const session = sessionOver(client);
  const inTurn = takingTurns();
  const transaction = <T>(work: (session: Session) => Promise<T>): Promise<T> =>
    inTurn(async () => {
      await client.query("begin");
      try {
        const result = await work(session);
        await client.query("commit");
        return result;
      } catch (error) {
        await client.query("rollback");
        throw error;
      }
    });
  let ending: Promise<void> | undefined;
  const close = (): Promise<void> => {
    ending ??= inTurn(() => client.end());
    return ending;
  };
  return {
    engine: "postgresql",
    query: (sql, parameters) => inTurn(() => session.query(sql, parameters)),
    transaction,
    script: (sql) =>
      transaction(async () => {
        await client.query(sql);
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function sessionOver(client: Client): Session {
  return {
    query: async <Row extends object>(sql: string, parameters: readonly SqlValue[] = []) =>
      (await client.query<Row>(sql, [...parameters])).rows,
  };
}

function takingTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine.catch(() => {});
    return mine;
  };
}

/** A refused connection to several addresses has no message of its own. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError) {
    return cause.errors.map(reasonOf).join("; ");
  }
  return cause instanceof Error ? cause.message : String(cause);
}
