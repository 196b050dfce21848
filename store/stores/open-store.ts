/** Opens whatever a URL names as a {@link Store}. */
import type { SharedBuilds } from "../build/shared-builds.ts";
import { openLocalStore } from "../local/local-store.ts";
import { type Substituters, substitutersFor } from "../substitute/substituters.ts";
import { openDaemonStore } from "./daemon-store.ts";
import { DummyStore } from "./dummy-store.ts";
import { LocalDiskStore } from "./local.ts";
import { type NixSettings, readNixSettings } from "./nix-settings.ts";
import type { Store } from "./store.ts";
import { parseStoreUrl, type StoreAddress } from "./store-url.ts";
import { trustedKeysOf } from "./trusted-keys.ts";

export interface OpenAnyStoreOptions {
  readonly settings?: NixSettings;
  /** Builds that other stores of this process share. */
  readonly shared?: SharedBuilds;
  /** In place of those that the settings name; whoever gave them closes them. */
  readonly substituters?: Substituters | null;
}

/**
 * @param url as `--store` takes it; null for what the environment says
 * @throws AppError `STORE_BAD_URL`, `STORE_NO_DAEMON`, and what opening a local store throws
 */
export async function openStore(url: string | null = null, options: OpenAnyStoreOptions = {}): Promise<Store> {
  return await openStoreAt(parseStoreUrl(url), options);
}

export async function openStoreAt(address: StoreAddress, options: OpenAnyStoreOptions = {}): Promise<Store> {
  if (address.type === "dummy") return new DummyStore();
  if (address.type === "daemon") return await openDaemonStore(address);
  const settings = options.settings ?? readNixSettings();
  const trustedKeys = trustedKeysOf(settings);
  const shared = options.shared === undefined ? {} : { shared: options.shared };
  const local = openLocalStore({ root: address.root });
  const own = options.substituters === undefined ? substitutersFor(settings, local.root) : null;
  const substituters = options.substituters ?? own;
  return new LocalDiskStore(local, { trustedKeys, substituters, onClose: () => own?.close(), ...shared });
}
