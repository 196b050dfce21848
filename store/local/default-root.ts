/** Where Firn's state is, unless a command is told otherwise. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** `$FIRN_ROOT`, else `$XDG_DATA_HOME/firn`, else `~/.local/share/firn`. */
export function defaultRoot(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const { FIRN_ROOT: root, XDG_DATA_HOME: dataHome } = env;
  if (root !== undefined && root !== "") return resolve(root);
  if (dataHome !== undefined && dataHome !== "") return join(dataHome, "firn");
  return join(env["HOME"] ?? homedir(), ".local", "share", "firn");
}
