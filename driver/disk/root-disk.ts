/**
 * A machine's own disk: an empty ext4 with the label `nixos`, formatted once for each size on a sparse file (no root, no
 * loop device), and a qcow2 over it for each machine, so that a new machine costs milliseconds and a snapshot later is one
 * more layer. The base is never written after it has its name.
 */
import { truncateSync, writeFileSync } from "node:fs";
import { runProgram } from "../host/run-program.ts";
import { cachedImage } from "./image-cache.ts";

const recipe = "ext4-1";

/** Creates `target` (qcow2) of the given size, formatted, on a base kept in `imagesFolder`. */
export async function createRootDisk(
  target: string,
  options: { readonly sizeMib: number; readonly imagesFolder: string; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const base = await cachedImage(options.imagesFolder, `${recipe}-${options.sizeMib}m.raw`, (path) =>
    formatExt4(path, options.sizeMib, options.signal),
  );
  await runProgram("qemu-img", ["create", "-q", "-f", "qcow2", "-F", "raw", "-b", base.path, target], {
    signal: options.signal,
  });
}

async function formatExt4(path: string, sizeMib: number, signal: AbortSignal | undefined): Promise<void> {
  writeFileSync(path, "");
  truncateSync(path, sizeMib * 1024 * 1024);
  const features = ["-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard", "-m", "1"];
  await runProgram("mke2fs", ["-q", "-F", "-t", "ext4", "-L", "nixos", ...features, path], { signal });
}
