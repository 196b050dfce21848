import { join } from "node:path";
import { readPointer } from "./channels/pointer.ts";
import { excusesOf, lastVerdict, listChannels, pointerLog, type VerdictRow } from "./db/channels.ts";
import type { Database } from "./db/database.ts";
import { openDatabase } from "./db/open-database.ts";
import type { GateOptions } from "./gate-options.ts";
import { channelsFolderOf } from "./gate-plan.ts";
import type { Excuse } from "./model/excuse.ts";
import type { PointerMove } from "./model/release.ts";

export interface ChannelStatus {
  readonly channel: string;
  /** The symlink that machines follow. */
  readonly pointer: string;
  /** Where it stands; null before the first release. */
  readonly release: string | null;
  /** The newest verdict; null when no evaluation was judged yet. */
  readonly verdict: VerdictRow | null;
  /** Why the channel did not move at that evaluation. */
  readonly excuses: readonly Excuse[];
  /** Newest first. */
  readonly moves: readonly PointerMove[];
}

const shownMoves = 10;

/**
 * Where each channel stands, what was last judged, and why it holds.
 * Errors: `HYDRA_LOCKED` while another process has the embedded database open.
 */
export async function gateStatus(
  options: Pick<GateOptions, "root" | "channelsFolder" | "databaseUrl">,
): Promise<ChannelStatus[]> {
  const url = options.databaseUrl ?? process.env["FIRN_HYDRA_DATABASE"];
  await using database = await openDatabase({ root: options.root, url });
  const result: ChannelStatus[] = [];
  for (const { name } of await listChannels(database)) {
    result.push(await statusOf(database, name, channelsFolderOf(options)));
  }
  return result;
}

async function statusOf(database: Database, channel: string, channelsFolder: string): Promise<ChannelStatus> {
  const pointer = join(channelsFolder, channel);
  const verdict = await lastVerdict(database, channel);
  return {
    channel,
    pointer,
    release: readPointer(pointer),
    verdict,
    excuses: verdict === null ? [] : await excusesOf(database, channel, verdict.evaluationId),
    moves: await pointerLog(database, channel, shownMoves),
  };
}
