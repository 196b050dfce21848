import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Excuse } from "../model/excuse.ts";
import { replaceFile } from "./flushed-files.ts";
import { readPointer } from "./pointer.ts";

/** What `<channels>/<channel>.json` holds: for pages and scripts that ask why a channel does not move. */
export interface ChannelStatusFile {
  readonly format: 1;
  readonly channel: string;
  /** Where the channel stands; null before its first release. */
  readonly release: string | null;
  /** The newest evaluation that was judged. */
  readonly judged: {
    readonly evaluationId: number;
    readonly revision: string;
    readonly time: string;
    readonly pass: boolean;
  };
  /** Why the channel does not stand at that evaluation; empty when it does. */
  readonly excuses: readonly Excuse[];
}

export function writeChannelStatus(
  channelsFolder: string,
  status: Omit<ChannelStatusFile, "format" | "release">,
): void {
  mkdirSync(channelsFolder, { recursive: true });
  const release = readPointer(join(channelsFolder, status.channel));
  const { channel, judged, excuses } = status;
  const file: ChannelStatusFile = { format: 1, channel, release, judged, excuses };
  replaceFile(join(channelsFolder, `${channel}.json`), `${JSON.stringify(file, null, 2)}\n`);
}
