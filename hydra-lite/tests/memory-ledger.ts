import type { ReleaseLedger } from "../channels/release-ledger.ts";
import type { PointerMove, ReleaseRecord } from "../model/release.ts";

/** A ledger that lives as long as its test. */
export class MemoryLedger implements ReleaseLedger {
  readonly releases: ReleaseRecord[] = [];
  readonly moves: PointerMove[] = [];

  async findRelease(channel: string, folder: string): Promise<ReleaseRecord | null> {
    return this.releases.find((release) => release.channel === channel && release.folder === folder) ?? null;
  }

  async recordRelease(release: ReleaseRecord): Promise<void> {
    if ((await this.findRelease(release.channel, release.folder)) === null) {
      this.releases.push(release);
    }
  }

  async lastMoveOf(channel: string, pointer: string): Promise<PointerMove | null> {
    return this.moves.findLast((move) => move.channel === channel && move.pointer === pointer) ?? null;
  }

  async recordMove(move: Omit<PointerMove, "movedAt">): Promise<void> {
    this.moves.push({ ...move, movedAt: new Date() });
  }
}
