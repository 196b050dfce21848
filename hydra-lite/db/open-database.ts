import { join } from "node:path";
import type { Database } from "./database.ts";
import { migrate } from "./migrate.ts";
import { openPgliteDatabase } from "./pglite-database.ts";
import { openPostgresqlDatabase } from "./postgresql-database.ts";

export interface DatabaseLocation {
  /** Firn's root; the embedded database lies in `<root>/firn/hydra-lite/db`. */
  readonly root: string;
  /** `postgres://..` instead of the embedded one; `FIRN_HYDRA_DATABASE` when it comes from the environment. */
  readonly url?: string | undefined;
}

/** Opens hydra-lite's database, at the newest schema. Dispose of it to let other processes in. */
export async function openDatabase({ root, url }: DatabaseLocation): Promise<Database> {
  const database =
    url === undefined || url === ""
      ? await openPgliteDatabase(join(root, "firn/hydra-lite"))
      : await openPostgresqlDatabase(url);
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
