/*
 * Where a file of a Debian package goes in a store path. `usr/` and the folder of the architecture's triplet are
 * flattened and `sbin` becomes `bin`, so that `lib`, `bin`, `include`, `share` and `etc` stand at the top as in packages
 * of NixOS. What only a reader needs is left out.
 */

const DROPPED =
  /^(?:usr\/)?share\/(?:doc|doc-base|man|info|locale|lintian|bug|menu|gtk-doc|bash-completion|zsh|fish|apport|pixmaps|applications|metainfo|icons|gdb|reportbug)(?:\/|$)|^(?:var|run|tmp|home|root)(?:\/|$)|^usr\/lib\/debug(?:\/|$)|^etc\/(?:init\.d|default|logcheck|cron\.[a-z]+|rc[0-9S]\.d|bash_completion\.d|apparmor\.d|apport|init|logrotate\.d|insserv\.conf\.d)(?:\/|$)/;

const TRIPLET = /^(lib|include)\/(?:x86_64-linux-gnu|aarch64-linux-gnu|arm-linux-gnueabihf|i386-linux-gnu)(?:\/|$)/;

/** The place in the store path (relative; empty for the top), or null when the file is left out. */
export function mapDebianPath(path: string): string | null {
  return DROPPED.test(path) ? null : flattenDebianPath(path);
}

/** As {@link mapDebianPath}, for any path (also absolute ones) without asking whether it is kept. */
export function flattenDebianPath(path: string): string {
  const inside = path
    .replace(/^\/+/, "")
    .replace(/^usr(?:\/|$)/, "")
    .replace(/^lib(?:32|64|x32)(?=\/|$)/, "lib");
  return inside
    .replace(TRIPLET, "$1/")
    .replace(/\/$/, "")
    .replace(/^sbin(?=\/|$)/, "bin");
}

/** Absolute paths that mean the running machine, not a package: links to them stay as they are. */
export function isMachinePath(path: string): boolean {
  return /^\/(?:etc|run|var|proc|sys|dev|tmp)(?:\/|$)/.test(path);
}
