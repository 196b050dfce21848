import type { PointerMove, ReleaseRecord } from "../model/release.ts";

/** What publishing writes down beside the files. */
export interface ReleaseLedger {
  /** The release that stands in a folder, if it is known. */
  findRelease(channel: string, folder: string): Promise<ReleaseRecord | null>;
  /** Does nothing when the release is known. */
  recordRelease(release: ReleaseRecord, evaluationId: number): Promise<void>;
  /** Where the log says that a pointer stands. */
  lastMoveOf(channel: string, pointer: string): Promise<PointerMove | null>;
  recordMove(move: Omit<PointerMove, "movedAt">): Promise<void>;
}
