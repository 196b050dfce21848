/** Where Firn keeps its state, and where a logical store path is on this host. */
import { homedir } from "node:os";
import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** `$FIRN_ROOT`, else `$XDG_DATA_HOME/firn`, else `~/.local/share/firn`. */
export function firnRoot(env: Environment = process.env): string {
  const { FIRN_ROOT: root, XDG_DATA_HOME: dataHome, HOME: home } = env;
  if (root !== undefined && root !== "") return root;
  if (dataHome !== undefined && dataHome !== "") return join(dataHome, "firn");
  return join(home ?? homedir(), ".local", "share", "firn");
}

/** The driver's own folders; all of them may be deleted while nothing runs. */
export interface StateFolders {
  /** VM images by hash. */
  readonly images: string;
  /** Records of running drivers. */
  readonly run: string;
  readonly reports: string;
}

export function stateFolders(root: string = firnRoot()): StateFolders {
  const own = join(root, "firn");
  return { images: join(own, "images"), run: join(own, "run"), reports: join(own, "reports") };
}

/** Finds logical store paths on this host. `/` inside a build, the Firn root in place. */
export interface StoreView {
  readonly physicalRoot: string;
}

/** `/nix/store/x` -> `<root>/nix/store/x`; paths outside the store stay as they are. */
export function physicalPath(view: StoreView, path: string): string {
  return path.startsWith("/nix/store/") && view.physicalRoot !== "/" ? view.physicalRoot + path : path;
}
