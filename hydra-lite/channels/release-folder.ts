/**
 * Puts a release into its folder, whole or not at all: everything is written and flushed in a hidden folder beside the
 * releases, which is then renamed. A published release is never written to again.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { AppError } from "#store/std/app-error.ts";
import { flushFolder, writeFlushed } from "./flushed-files.ts";

export interface ReleaseFile {
  readonly name: string;
  readonly contents: Uint8Array;
}

export interface PlacedRelease {
  readonly folder: string;
  readonly contentHash: string;
  /** False when the same release stood there before. */
  readonly isNew: boolean;
}

/** Called before each change on disk, with its name. Tests end the process there. */
export type StepListener = (step: string) => void;

/**
 * @param folder where the release is to stand
 * @param stagingFolder a folder on the same file system that only the holder of the channels' lock uses; emptied
 */
export function placeRelease(
  { folder, stagingFolder }: { readonly folder: string; readonly stagingFolder: string },
  files: readonly ReleaseFile[],
  onStep: StepListener = () => {},
): PlacedRelease {
  const contentHash = contentHashOf(files);
  if (existsSync(folder)) {
    requireSameContent(folder, contentHash);
    return { folder, contentHash, isNew: false };
  }
  onStep("clean staging");
  rmSync(stagingFolder, { recursive: true, force: true });
  mkdirSync(stagingFolder, { recursive: true });
  for (const { name, contents } of files) {
    onStep(`write ${name}`);
    writeFlushed(join(stagingFolder, name), contents);
  }
  flushFolder(stagingFolder);
  onStep("rename release");
  mkdirSync(dirname(folder), { recursive: true });
  renameSync(stagingFolder, folder);
  flushFolder(dirname(folder));
  return { folder, contentHash, isNew: true };
}

/** One hash over the names and contents of a release's files. */
export function contentHashOf(files: readonly ReleaseFile[]): string {
  const lines = files.map(({ name, contents }) => `${sha256(contents)}  ${name}\n`).sort();
  return sha256(lines.join(""));
}

/** The content hash of a release that stands in a folder. */
export function contentHashOfFolder(folder: string): string {
  return contentHashOf(readdirSync(folder).map((name) => ({ name, contents: readFileSync(join(folder, name)) })));
}

export function sha256(contents: Uint8Array | string): string {
  return createHash("sha256").update(contents).digest("hex");
}

function requireSameContent(folder: string, contentHash: string): void {
  if (contentHashOfFolder(folder) !== contentHash) {
    throw new AppError(
      "HYDRA_RELEASE_DIFFERS",
      `Cannot publish '${folder}': a release of that name has other content`,
      {
        hint: "A published release is never changed: publish a new revision, or remove the folder if nobody uses it",
      },
    );
  }
}
