/** A daemon from what a command line says: which store, which settings, which socket. */
import { availableParallelism } from "node:os";
import { SharedBuilds } from "../build/shared-builds.ts";
import { openLocalStore } from "../local/local-store.ts";
import { readNixSettings } from "../stores/nix-settings.ts";
import { openStoreAt } from "../stores/open-store.ts";
import type { Store } from "../stores/store.ts";
import { daemonSocketPath, parseStoreUrl, type StoreAddress } from "../stores/store-url.ts";
import { Daemon, type ListenAddress, serveStdio } from "./daemon.ts";

export interface CreateDaemonOptions {
  /** The store to serve; null for what the environment says. */
  readonly storeUrl: string | null;
  /** Settings in place of those that files have. */
  readonly overrides?: readonly (readonly [string, string])[];
  readonly versionText: string;
  readonly forceTrust?: boolean;
  readonly onLog?: (line: string) => void;
}

export interface RunningDaemon {
  /** @returns where it listens; a socket that systemd hands over comes before the path */
  listen(socketPath: string | null): Promise<string>;
  serveStdio(): Promise<void>;
  close(): Promise<void>;
}

/** @throws AppError `STORE_BAD_URL`, `STORE_BAD_SETTING` */
export async function createDaemon(options: CreateDaemonOptions): Promise<RunningDaemon> {
  const settings = readNixSettings().with(options.overrides ?? []);
  const address = parseStoreUrl(options.storeUrl);
  const shared =
    address.type !== "local"
      ? null
      : new SharedBuilds({
          maxJobs: settings.number("max-jobs", availableParallelism()),
          openStore: () => openLocalStore({ root: address.root }),
        });
  const openStore = (): Promise<Store> => openStoreAt(address, { settings, ...(shared === null ? {} : { shared }) });
  const { versionText, forceTrust, onLog } = options;
  const daemonOptions = {
    openStore,
    settings,
    versionText,
    ...(forceTrust === undefined ? {} : { forceTrust }),
    ...(onLog === undefined ? {} : { onLog }),
  };
  const daemon = new Daemon(daemonOptions);
  return {
    async listen(socketPath) {
      // a store that cannot be opened is told before anybody connects
      await (await openStore()).close();
      const where = listenAddress(socketPath, address);
      await daemon.listen(where);
      return "path" in where ? where.path : "the socket of systemd";
    },
    serveStdio: () => serveStdio(daemonOptions),
    close: () => daemon.close(),
  };
}

const FIRST_ACTIVATION_FD = 3;

function listenAddress(socketPath: string | null, address: StoreAddress): ListenAddress {
  const { LISTEN_PID: pid, LISTEN_FDS: count, NIX_DAEMON_SOCKET_PATH: fromEnvironment } = process.env;
  if (pid === String(process.pid) && Number(count) >= 1) return { fd: FIRST_ACTIVATION_FD };
  if (socketPath !== null) return { path: socketPath };
  if (fromEnvironment !== undefined || address.type !== "local" || address.root === "/") {
    return { path: daemonSocketPath() };
  }
  return { path: `${address.root}/nix/var/nix/daemon-socket/socket` };
}
