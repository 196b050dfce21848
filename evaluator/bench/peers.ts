/** How real `nix-instantiate` and ours are called: the same arguments, a store root each, no settings of this host. */
import { join } from "node:path";

export type Side = "nix" | "firn";

const project = join(import.meta.dirname, "..", "..");

/** Folders that a run may fill: whoever calls decides which are fresh and which are shared. */
export interface Places {
  /** Root of the store. */
  readonly root: string;
  /** Caches of both sides. */
  readonly cache: string;
  /** Node's cache of our own compiled modules: part of being installed, not of having evaluated before. */
  readonly modules: string;
}

export function commandOf(side: Side, places: Places, args: readonly string[]): readonly string[] {
  const program = side === "nix" ? "nix-instantiate" : join(project, "bin", "compat", "nix-instantiate");
  return [program, "--store", places.root, ...args];
}

export function environmentOf(places: Places, extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { NIX_PATH: _path, NIX_REMOTE: _remote, ...inherited } = process.env;
  return {
    ...inherited,
    // `nix-instantiate` warns in its absence when root runs it.
    NIX_CONFIG: "build-users-group =",
    HOME: places.cache,
    XDG_CACHE_HOME: places.cache,
    NODE_COMPILE_CACHE: places.modules,
    ...extra,
  };
}
