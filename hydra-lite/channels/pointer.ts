/**
 * A channel's pointer: the symlink `<channels>/<channel>` to `releases/<channel>/<release>`. It is replaced by renaming a
 * new link over it, so whoever follows it sees the old or the new release, and never none.
 */
import { lstatSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { AppError } from "#store/std/app-error.ts";
import { flushFolder } from "./flushed-files.ts";
import type { StepListener } from "./release-folder.ts";

/** The name of the release that a pointer stands at; null when it does not exist yet. */
export function readPointer(pointer: string): string | null {
  const stat = lstatSync(pointer, { throwIfNoEntry: false });
  if (stat === undefined) {
    return null;
  }
  if (!stat.isSymbolicLink()) {
    throw new AppError("HYDRA_POINTER_TAKEN", `Cannot move the channel: '${pointer}' is not a symlink`, {
      hint: "Move it away, or choose another folder with --channels",
    });
  }
  return basename(readlinkSync(pointer));
}

/** @param target the release's folder relative to the pointer's */
export function switchPointer(pointer: string, target: string, onStep: StepListener = () => {}): void {
  const fresh = join(dirname(pointer), `.${basename(pointer)}.new`);
  mkdirSync(dirname(pointer), { recursive: true });
  rmSync(fresh, { force: true });
  onStep("make new pointer");
  symlinkSync(target, fresh);
  onStep("switch pointer");
  renameSync(fresh, pointer);
  onStep("flush pointer");
  flushFolder(dirname(pointer));
}
