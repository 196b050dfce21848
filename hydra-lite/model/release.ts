/** A channel release that stands in its folder, whole. */
export interface ReleaseRecord {
  readonly channel: string;
  /** `firn-unstable-small-0.1pre20261120093600.783482e5d1b2`. */
  readonly name: string;
  readonly revision: string;
  /** When the revision was committed: what "newer" means for a channel. */
  readonly commitTime: Date;
  /** Absolute. */
  readonly folder: string;
  /** Over the names and contents of its files. */
  readonly contentHash: string;
}

export interface PointerMove {
  readonly channel: string;
  /** Absolute path of the symlink that moved. */
  readonly pointer: string;
  readonly fromRelease: string | null;
  readonly toRelease: string;
  readonly reason: string;
  readonly movedAt: Date;
}
