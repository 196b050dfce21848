import { readdirSync, readFileSync } from "node:fs";
import { AppError } from "#store/std/app-error.ts";
import type { Database } from "./database.ts";

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

const migrationsFolder = new URL("./migrations/", import.meta.url);

/** One key for all of Firn's processes on a server: two that start at once must not both migrate. */
const migrationLock = 1_718_775_406;

/** Brings the schema to the newest version, one transaction a step; a database from a newer Firn is refused. */
export async function migrate(database: Database, migrations: readonly Migration[] = readMigrations()): Promise<void> {
  await database.query("select pg_advisory_lock($1)", [migrationLock]);
  try {
    await applyMissing(database, migrations);
  } finally {
    await database.query("select pg_advisory_unlock($1)", [migrationLock]);
  }
}

async function applyMissing(database: Database, migrations: readonly Migration[]): Promise<void> {
  await database.script(`create table if not exists schema_migration (
    version integer primary key, name text not null, applied_at timestamptz not null default now())`);
  const applied = await database.query<{ version: number }>("select version from schema_migration order by version");
  const current = applied.at(-1)?.version ?? 0;
  const newest = migrations.at(-1)?.version ?? 0;
  if (current > newest) {
    throw new AppError(
      "HYDRA_DATABASE_TOO_NEW",
      `Cannot use a database of schema ${current}: this Firn knows ${newest}`,
      {
        hint: "Use the newer Firn that made it",
      },
    );
  }
  for (const migration of migrations.filter(({ version }) => version > current)) {
    await apply(database, migration);
  }
}

async function apply(database: Database, { version, name, sql }: Migration): Promise<void> {
  await database.script(`${sql};\ninsert into schema_migration (version, name) values (${version}, '${name}');`);
}

function readMigrations(): Migration[] {
  return readdirSync(migrationsFolder)
    .filter((file) => file.endsWith(".sql"))
    .sort()
    .map((file) => ({
      version: Number.parseInt(file, 10),
      name: file.replace(/\.sql$/, ""),
      sql: readFileSync(new URL(file, migrationsFolder), "utf8"),
    }));
}
