import { AppError } from "../std/app-error.ts";
import type { Store } from "./store.ts";

export async function openDaemonStore(address: { readonly socketPath: string; readonly root: string }): Promise<Store> {
  throw new AppError("STORE_NO_DAEMON", `Cannot connect to ${address.socketPath}`);
}
