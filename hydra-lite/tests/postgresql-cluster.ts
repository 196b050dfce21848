/**
 * A private PostgreSQL for a test: Debian's binaries, a folder of its own, a socket in it and no TCP port, so several can
 * run beside each other and beside the host's own. PostgreSQL refuses to run as root; root therefore runs it as `nobody`.
 */
import { execFile } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const versionsFolder = "/usr/lib/postgresql";

export interface PostgresqlCluster extends AsyncDisposable {
  readonly url: string;
}

/** Why there can be no cluster here, or null when there can. */
export function whyNoPostgresql(): string | null {
  if (binaryFolder() === null) {
    return `no PostgreSQL server in '${versionsFolder}' (apt install postgresql)`;
  }
  return null;
}

export async function startPostgresqlCluster(): Promise<PostgresqlCluster> {
  const binaries = binaryFolder();
  if (binaries === null) {
    throw new Error("No PostgreSQL server is installed");
  }
  // Not os.tmpdir(): a socket's path may have at most 107 characters, and 'nobody' must be able to reach it.
  const folder = mkdtempSync("/tmp/firn-pg-");
  const asServer = await serverUser(folder);
  const data = join(folder, "data");
  const control = (...args: string[]) => asServer([join(binaries, "pg_ctl"), "-D", data, "-w", ...args]);
  try {
    await asServer([join(binaries, "initdb"), "-D", data, "-U", "firn", "-A", "trust", "--no-sync", "-E", "UTF8"]);
    const settings = `-c listen_addresses='' -c unix_socket_directories='${folder}' -c fsync=off`;
    await control("-l", join(folder, "log"), "-o", settings, "start");
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    url: `postgres://firn@/postgres?host=${encodeURIComponent(folder)}`,
    [Symbol.asyncDispose]: async () => {
      await control("-m", "immediate", "stop");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Runner = (command: readonly string[]) => Promise<unknown>;

async function serverUser(folder: string): Promise<Runner> {
  if (process.getuid?.() !== 0) {
    return ([program = "", ...args]) => run(program, args, { cwd: folder });
  }
  const { stdout } = await run("id", ["-u", "nobody"]);
  chownSync(folder, Number(stdout), -1);
  chmodSync(folder, 0o755);
  return (command) => run("setpriv", ["--reuid", "nobody", "--clear-groups", ...command], { cwd: folder });
}

function binaryFolder(): string | null {
  const versions = existsSync(versionsFolder) ? readdirSync(versionsFolder) : [];
  const newest = versions
    .map((version) => join(versionsFolder, version, "bin"))
    .filter((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "pg_ctl")))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return newest.at(-1) ?? null;
}
