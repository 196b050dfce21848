/** `channel:nixos-unstable`, short for the archive of a channel's expressions; anything else as it is. */
export function resolveChannel(url: string): string {
  const name = /^channel:(.*)$/.exec(url)?.[1];
  return name === undefined ? url : `https://channels.nixos.org/${name}/nixexprs.tar.xz`;
}
