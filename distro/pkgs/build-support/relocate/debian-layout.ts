/*
 * Where a file of a Debian package goes in a store path. `usr/` and the folder of the architecture's triplet are
 * flattened and `sbin` becomes `bin`, so that `lib`, `bin`, `include`, `share` and `etc` stand at the top as in packages
 * of NixOS. What only a reader needs is left out.
 */

const DROPPED =
  /^(?:usr\/)?share\/(?:doc|doc-base|man|info|locale|lintian|bug|menu|gtk-doc|bash-completion|zsh|fish|apport|pixmaps|applications|metainfo|icons|gdb|reportbug)(?:\/|$)|^(?:var|run|tmp|home|root)(?:\/|$)|^usr\/lib\/debug(?:\/|$)|^etc\/(?:init\.d|default|logcheck|cron\.[a-z]+|rc[0-9S]\.d|bash_completion\.d|apparmor\.d|apport|init|logrotate\.d|insserv\.conf\.d)(?:\/|$)/;

const TRIPLET = /^(lib|include)\/(?:x86_64-linux-gnu|aarch64-linux-gnu|arm-linux-gnueabihf|i386-linux-gnu)(?:\/|$)/;

/** Folder of an output -> where its contents go instead. */
export type FolderMoves = Readonly<Record<string, string>>;

/** The place in the store path (relative; empty for the top) of a path on a Debian system, whether it is kept or not. */
export function placeOf(debianPath: string, moves: FolderMoves): string {
  const inside = debianPath
    .replace(/^\/+/, "")
    .replace(/^usr(?:\/|$)/, "")
    .replace(/^lib(?:32|64|x32)(?=\/|$)/, "lib");
  const place = inside
    .replace(TRIPLET, "$1/")
    .replace(/\/$/, "")
    .replace(/^sbin(?=\/|$)/, "bin");
  const folder = Object.keys(moves).find((from) => place === from || place.startsWith(`${from}/`));
  return folder === undefined ? place : `${moves[folder]}${place.slice(folder.length)}`;
}

/** Is the file one that only a reader of the Debian system needs? */
export function isDropped(debianPath: string): boolean {
  return DROPPED.test(debianPath);
}

/** Absolute paths that mean the running machine, not a package: links to them stay as they are. */
export function isMachinePath(path: string): boolean {
  return /^\/(?:etc|run|var|proc|sys|dev|tmp)(?:\/|$)/.test(path);
}
