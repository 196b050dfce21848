/** What names a store: `auto`, `local`, `local?root=..`, a path, `daemon`, `unix://..`, `dummy://`. */
import { resolve } from "node:path";
import { defaultRoot } from "../local/default-root.ts";
import { AppError } from "../std/app-error.ts";
import type { Environment } from "../std/nix-conf.ts";

export type StoreAddress =
  | { readonly type: "local"; readonly root: string }
  /** `root`: where the daemon's store lies on this machine's disk. */
  | { readonly type: "daemon"; readonly socketPath: string; readonly root: string }
  | { readonly type: "dummy" };

/**
 * @param text what `--store` says; else `NIX_REMOTE` counts, else Firn's own root
 * @throws AppError `STORE_BAD_URL`
 */
export function parseStoreUrl(text: string | null, env: Environment = process.env): StoreAddress {
  const url = text ?? nonEmpty(env["NIX_REMOTE"]) ?? "auto";
  const [, base = "", query = ""] = /^([^?]*)\??(.*)$/s.exec(url) ?? [];
  const parameters = new URLSearchParams(query);
  const root = parameters.get("root");
  if (base === "auto" || (base === "local" && root === null)) return { type: "local", root: defaultRoot(env) };
  if (base === "local") return { type: "local", root: resolve(root ?? "/") };
  if (base.startsWith("local://")) return { type: "local", root: resolve(base.slice("local://".length) || "/") };
  if (base === "dummy" || base === "dummy://") return { type: "dummy" };
  if (base === "daemon" || base === "unix://") {
    return { type: "daemon", socketPath: daemonSocketPath(env), root: resolve(root ?? "/") };
  }
  if (base.startsWith("unix://")) {
    return { type: "daemon", socketPath: resolve(base.slice("unix://".length)), root: resolve(root ?? "/") };
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(base)) throw unknownUrl(url);
  return { type: "local", root: resolve(url) };
}

/** Where a daemon listens unless told otherwise. */
export function daemonSocketPath(env: Environment = process.env): string {
  const given = nonEmpty(env["NIX_DAEMON_SOCKET_PATH"]);
  if (given !== null) return resolve(given);
  return `${nonEmpty(env["NIX_STATE_DIR"]) ?? "/nix/var/nix"}/daemon-socket/socket`;
}

function nonEmpty(text: string | undefined): string | null {
  return text === undefined || text === "" ? null : text;
}

function unknownUrl(url: string): AppError {
  return new AppError("STORE_BAD_URL", `Cannot open store '${url}': there is no such kind of store`, {
    exitCode: 2,
    hint: "Give a folder, 'local?root=FOLDER', 'daemon', 'unix://SOCKET' or 'dummy://'",
  });
}
