/**
 * Publishes a release and moves the channel to it. In this order, so that a process may be killed anywhere:
 *
 *   1. the release's folder appears, whole (rename);  2. the database knows the release;
 *   3. the pointer is switched (rename);              4. the pointer log says so.
 *
 * Killed after 1 or 2: the pointer stands at the old release, and the next gate goes on from there. Killed after 3: the
 * pointer stands at the new one, and the next gate notes the move that the log lacks. The files are what machines
 * follow; the log is the history of them. A channel never goes back by itself: a release whose revision was committed
 * before the current one's is refused.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "#store/std/app-error.ts";
import { lockFolder } from "../db/folder-lock.ts";
import { readPointer, switchPointer } from "./pointer.ts";
import type { ReleaseFile, StepListener } from "./release-folder.ts";
import { placeRelease } from "./release-folder.ts";
import type { ReleaseLedger } from "./release-ledger.ts";
import { commitTimeInName } from "./release-order.ts";

export interface ReleaseToPublish {
  readonly channel: string;
  readonly releaseName: string;
  readonly revision: string;
  readonly commitTime: Date;
  readonly evaluationId: number;
  readonly files: readonly ReleaseFile[];
}

export interface PublishOptions {
  /** Absolute. */
  readonly channelsFolder: string;
  /** Let the channel go back to an older revision. */
  readonly force?: boolean | undefined;
  readonly onStep?: StepListener | undefined;
}

export interface Publication {
  /** False when the channel stood at this very release before. */
  readonly moved: boolean;
  readonly pointer: string;
  readonly releaseName: string;
  readonly folder: string;
  readonly previousRelease: string | null;
}

export async function publishRelease(
  ledger: ReleaseLedger,
  release: ReleaseToPublish,
  options: PublishOptions,
): Promise<Publication> {
  requirePlainName("channel", release.channel);
  requirePlainName("release", release.releaseName);
  const workFolder = join(options.channelsFolder, ".publish");
  mkdirSync(workFolder, { recursive: true });
  const lock = lockFolder(workFolder, "the channels");
  try {
    return await publishLocked(ledger, release, { ...options, workFolder });
  } finally {
    lock.release();
  }
}

async function publishLocked(
  ledger: ReleaseLedger,
  release: ReleaseToPublish,
  { channelsFolder, workFolder, force, onStep }: PublishOptions & { readonly workFolder: string },
): Promise<Publication> {
  const { channel, releaseName } = release;
  const pointer = join(channelsFolder, channel);
  const releaseOf = (name: string): string => join("releases", channel, name);
  const folder = join(channelsFolder, releaseOf(releaseName));
  const previousRelease = readPointer(pointer);
  await noteUnloggedMove(ledger, { channel, pointer, previousRelease });
  if (previousRelease !== null && force !== true) {
    const previousFolder = join(channelsFolder, releaseOf(previousRelease));
    await requireForward(ledger, release, { name: previousRelease, folder: previousFolder });
  }
  const placed = placeRelease({ folder, stagingFolder: join(workFolder, "release") }, release.files, onStep);
  const { revision, commitTime, evaluationId } = release;
  const record = { channel, name: releaseName, revision, commitTime, folder, contentHash: placed.contentHash };
  await ledger.recordRelease(record, evaluationId);
  const moved = previousRelease !== releaseName;
  if (moved) {
    switchPointer(pointer, releaseOf(releaseName), onStep);
    const reason = `evaluation ${evaluationId} passed${force === true ? " (forced)" : ""}`;
    await ledger.recordMove({ channel, pointer, fromRelease: previousRelease, toRelease: releaseName, reason });
  }
  return { moved, pointer, releaseName, folder, previousRelease };
}

interface PointerState {
  readonly channel: string;
  readonly pointer: string;
  readonly previousRelease: string | null;
}

async function noteUnloggedMove(
  ledger: ReleaseLedger,
  { channel, pointer, previousRelease }: PointerState,
): Promise<void> {
  const last = await ledger.lastMoveOf(channel, pointer);
  if (previousRelease !== null && last?.toRelease !== previousRelease) {
    const fromRelease = last?.toRelease ?? null;
    const reason = "found there: its move was not logged";
    await ledger.recordMove({ channel, pointer, fromRelease, toRelease: previousRelease, reason });
  }
}

async function requireForward(
  ledger: ReleaseLedger,
  next: ReleaseToPublish,
  current: { readonly name: string; readonly folder: string },
): Promise<void> {
  const known = await ledger.findRelease(next.channel, current.folder);
  const currentTime = known?.commitTime ?? commitTimeInName(current.name);
  if (currentTime !== null && next.commitTime < currentTime) {
    throw new AppError(
      "HYDRA_WOULD_GO_BACK",
      `Cannot move '${next.channel}' back: '${next.releaseName}' is older than '${current.name}', where it stands`,
      { hint: "Use --force to move it back on purpose" },
    );
  }
}

/** Names become files: nothing hidden, no path. */
function requirePlainName(what: string, name: string): void {
  if (!/^[A-Za-z0-9_][A-Za-z0-9._+-]*$/.test(name) || name === "releases") {
    throw new AppError("HYDRA_BAD_NAME", `Cannot use '${name}' as the name of a ${what}`, {
      hint: "Letters, digits and '._+-', the first a letter or digit",
      exitCode: 2,
    });
  }
}
